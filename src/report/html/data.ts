/** What the page's script draws: times are nanoseconds since the run's base, and texts are texts, never markup. */
import { faultTexts, outageTexts, shownFindings } from '../phrases.ts';
import type { RunRecord } from '../record.ts';
import type { TimelineDocument } from '../timeline.ts';
import { type Lane, lanesOf, mostLanes } from './lanes.ts';
import { instantOf, type Samples } from './samples.ts';

export interface PageData {
  /** Without the lives of nodes, which are in the lanes. Null: the run has none, and the page has no charts. */
  readonly timeline: Omit<TimelineDocument, 'nodes'> | null;
  /** The last instant that anything is known of. */
  readonly endNs: number;
  readonly faults: readonly Band[];
  readonly outages: readonly Band[];
  readonly lanes: readonly Lane[];
  readonly moreLanes: number;
  readonly pins: readonly PinRow[];
  readonly phases: RunRecord['phases'];
}

/** A window of time. `taken` is when a fault had taken hold; `to` is null for what was not undone. */
interface Band {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly from: number;
  readonly taken: number | null;
  readonly to: number | null;
}

/** The affected messages of one class that the page has, by the instant at which each shows. */
interface PinRow {
  readonly class: string;
  readonly count: number;
  readonly allowed: boolean;
  readonly instants: readonly number[];
}

export function pageData(record: RunRecord, timeline: TimelineDocument | undefined, samples: Samples): PageData {
  const faults = record.faults.flatMap((fault): Band[] => {
    const { id, target, triggeredAt, injected, healed } = fault;
    const from = triggeredAt ?? injected;
    if (from === null) return [];
    const name = `${fault.do} ${target.join(', ')}`;
    return [{ id, name, text: faultTexts(fault).join(' · '), from, taken: injected, to: healed }];
  });
  const outages = (record.storeOutages ?? []).map((outage): Band => {
    const { store, from, to } = outage;
    return { id: 'store', name: store, text: outageTexts(outage, record).join(' · '), from, taken: from, to };
  });
  const lanes = timeline === undefined ? [] : lanesOf(record, timeline.nodes);
  const kept = (['node', 'worker'] as const).flatMap((kind) =>
    lanes.filter((lane) => lane.kind === kind).slice(0, mostLanes),
  );
  const pins = shownFindings(record).flatMap(({ class: name, count, allowed }): PinRow[] => {
    const found = samples.get(name) ?? [];
    if (count === 0 || found.length === 0) return [];
    return [{ class: name, count, allowed, instants: found.map((finding) => instantOf(finding, record)) }];
  });
  const { nodes: _, ...drawn } = timeline ?? { nodes: [] };
  return {
    timeline: timeline === undefined ? null : (drawn as Omit<TimelineDocument, 'nodes'>),
    endNs: endOf(record, timeline),
    ...{ faults, outages, lanes: kept, moreLanes: lanes.length - kept.length, pins, phases: record.phases },
  };
}

function endOf({ phases, workers, drain, faults }: RunRecord, timeline: TimelineDocument | undefined): number {
  return Math.max(
    timeline === undefined ? 0 : timeline.bins * timeline.widthNs,
    ...phases.map(({ atNs }) => atNs),
    ...drain.steps.map(({ atNs }) => atNs),
    ...workers.map(({ exitedNs = 0 }) => exitedNs),
    ...faults.map(({ healed, injected }) => healed ?? injected ?? 0),
  );
}
