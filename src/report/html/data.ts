/** What the page's script draws: times are nanoseconds since the run's base, and texts are texts, never markup. */

import type { RunRecord } from '../record.ts';
import type { TimelineDocument } from '../timeline.ts';
import { faultTexts, outageTexts, shownFindings } from '../words/phrases.ts';
import { type Lane, lanesOf, mostLanes } from './lanes.ts';
import { short } from './markup.ts';
import { instantOf, type Samples } from './samples.ts';

export interface PageData {
  /** Without the lives of nodes, which are in the lanes. Null: the run has none, and the page has no charts. */
  readonly timeline: Omit<TimelineDocument, 'nodes'> | null;
  /** The last instant that anything is known of. */
  readonly endNs: number;
  readonly faults: readonly Band[];
  readonly outages: readonly Band[];
  /** Windows that are in neither, because there are too many. */
  readonly moreBands: number;
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

/** Windows of each kind, and spans of all lanes together, that are drawn. */
const mostBands = 300;
const mostSpans = 3000;

export function pageData(record: RunRecord, timeline: TimelineDocument | undefined, samples: Samples): PageData {
  const faults = record.faults.flatMap((fault): Band[] => {
    const { id, target, triggeredAt, injected, healed } = fault;
    const from = triggeredAt ?? injected;
    if (from === null) return [];
    const name = short(`${fault.do} ${target.join(', ')}`);
    return [{ id, name, text: short(faultTexts(fault).join(' · '), 400), from, taken: injected, to: healed }];
  });
  const outages = (record.storeOutages ?? []).map((outage): Band => {
    const { store, from, to } = outage;
    const text = short(outageTexts(outage, record).join(' · '), 400);
    return { id: 'store', name: short(store), text, from, taken: from, to };
  });
  const lanes = timeline === undefined ? [] : lanesOf(record, timeline.nodes);
  const kept = drawable(lanes);
  const pins = shownFindings(record).flatMap(({ class: name, count, allowed }): PinRow[] => {
    const found = samples.get(name) ?? [];
    if (count === 0 || found.length === 0) return [];
    return [{ class: name, count, allowed, instants: found.map((finding) => instantOf(finding, record)) }];
  });
  const { nodes: _, ...drawn } = timeline ?? { nodes: [] };
  return {
    timeline: timeline === undefined ? null : (drawn as Omit<TimelineDocument, 'nodes'>),
    endNs: endOf(record, timeline),
    ...{ faults: faults.slice(0, mostBands), outages: outages.slice(0, mostBands) },
    moreBands: Math.max(0, faults.length - mostBands) + Math.max(0, outages.length - mostBands),
    ...{ lanes: kept, moreLanes: lanes.length - kept.length, pins, phases: record.phases },
  };
}

/** So many of each kind that their spans are not too many. */
function drawable(lanes: readonly Lane[]): Lane[] {
  let spans = 0;
  const first = (['node', 'worker'] as const).flatMap((kind) =>
    lanes.filter((lane) => lane.kind === kind).slice(0, mostLanes),
  );
  return first.filter((lane) => {
    spans += lane.spans.length;
    return spans <= mostSpans;
  });
}

function endOf({ phases, workers, drain, faults }: RunRecord, timeline: TimelineDocument | undefined): number {
  return Math.max(
    timeline === undefined ? 0 : timeline.bins * timeline.widthNs,
    ...(timeline?.nodes ?? []).map(({ states }) => states.at(-1)?.atNs ?? 0),
    ...phases.map(({ atNs }) => atNs),
    ...drain.steps.map(({ atNs }) => atNs),
    ...workers.map(({ exitedNs = 0 }) => exitedNs),
    ...faults.map(({ healed, injected }) => healed ?? injected ?? 0),
  );
}
