/** What nodes and workers were when, as far as the run recorded it: their lanes below the charts. */

import type { RecordedFault, RunRecord } from '../record.ts';
import type { TimelineDocument } from '../timeline.ts';

/** Lanes of each kind that are drawn. */
export const mostLanes = 40;

/** `down`: it was killed, or ended by itself; `ended`: it was stopped, or finished its work. */
export type LaneState = 'starting' | 'up' | 'paused' | 'down' | 'ended';

export interface Lane {
  readonly kind: 'node' | 'worker';
  readonly id: string;
  /** In the order of time, without gaps; `to` is null for what lasted to the end of the records. */
  readonly spans: readonly { readonly state: LaneState; readonly from: number; readonly to: number | null }[];
  /** Instants that say more: a kill, an end by itself, a lead. */
  readonly marks: readonly Mark[];
}

export interface Mark {
  readonly at: number;
  readonly sign: 'killed' | 'ended' | 'leads';
  readonly text: string;
}

interface Change {
  readonly state: LaneState;
  readonly at: number;
  /** The change is only one from this state. */
  readonly from?: LaneState;
}

type NodeLife = TimelineDocument['nodes'][number];
type Worker = RunRecord['workers'][number];

const ofState = {
  starting: 'starting',
  ready: 'up',
  resumed: 'up',
  paused: 'paused',
  stopped: 'ended',
  killed: 'down',
  failed: 'down',
} as const satisfies Record<NodeLife['states'][number]['state'], LaneState>;

export function lanesOf(record: RunRecord, nodes: readonly NodeLife[]): Lane[] {
  return [...nodes.map((node) => nodeLane(record, node)), ...workerLanes(record)];
}

function nodeLane(record: RunRecord, { id, states }: NodeLife): Lane {
  const ended = states.flatMap(({ state, atNs }): Mark[] => {
    if (state === 'killed') return [{ at: atNs, sign: 'killed', text: `${id} was killed` }];
    if (state === 'failed') return [{ at: atNs, sign: 'ended', text: `${id} ended by itself` }];
    return [];
  });
  const changes = states.map(({ state, atNs }) => ({ state: ofState[state], at: atNs }));
  return { kind: 'node', id, spans: spansOf(changes), marks: [...ended, ...leads(record, id)] };
}

/** A lead is recorded where a fault looked for the leader of a partition, and where one was promoted. */
function leads({ faults, profile }: RunRecord, id: string): Mark[] {
  return faults.flatMap((fault) => {
    const planned = profile?.faults.find((each) => each.id === fault.id)?.target;
    const at = fault.triggeredAt;
    const found =
      planned?.type === 'leader' && at !== null && fault.target.includes(id)
        ? [{ at, sign: 'leads', text: `${id} led partition ${planned.partition} when ${fault.id} began` } as const]
        : [];
    return [...found, ...promoted(fault, id)];
  });
}

function promoted({ evidence, injected, id: fault }: RecordedFault, id: string): Mark[] {
  if (injected === null) return [];
  return evidence.flatMap(({ target, ...controls }): Mark[] => {
    if (target !== id) return [];
    return Object.values(controls).flatMap((control): Mark[] => {
      const { promoted: led, epoch } = (control ?? {}) as { promoted?: unknown; epoch?: unknown };
      if (led === undefined || typeof epoch !== 'number') return [];
      return [{ at: injected, sign: 'leads', text: `${id} leads in epoch ${epoch} (${fault})` }];
    });
  });
}

/** All incarnations of a worker are one lane: `p1.2` follows `p1.1`. */
function workerLanes({ workers, faults }: RunRecord): Lane[] {
  const ids = [...new Set(workers.map(({ name }) => workerOf(name)))];
  return ids.map((id) => {
    const lives = workers.filter(({ name }) => workerOf(name) === id);
    const changes = [...lives.flatMap(lifeOf), ...faults.flatMap((fault) => pausesOf(fault, id))];
    return {
      kind: 'worker',
      id,
      spans: spansOf(changes.sort((a, b) => a.at - b.at)),
      marks: lives.flatMap((life) => endOf(life)),
    };
  });
}

function workerOf(name: string): string {
  return name.replace(/\.\d+$/, '');
}

function lifeOf({ startedNs, exitedNs, finished }: Worker): Change[] {
  return [
    ...(startedNs === undefined ? [] : [{ state: 'up', at: startedNs } as const]),
    ...(exitedNs === undefined ? [] : [{ state: finished === true ? 'ended' : 'down', at: exitedNs } as const]),
  ];
}

/** A standstill of a worker is recorded by its fault alone. */
function pausesOf({ do: deed, target, injected, healed }: RecordedFault, id: string): Change[] {
  if ((deed !== 'pause' && deed !== 'pause-at') || !target.includes(id) || injected === null) return [];
  return [
    { state: 'paused', at: injected },
    ...(healed === null ? [] : [{ state: 'up', at: healed, from: 'paused' } as const]),
  ];
}

function endOf({ name, exitedNs, finished, signal, exitCode }: Worker): Mark[] {
  if (exitedNs === undefined || finished === true) return [];
  if (typeof signal === 'string') return [{ at: exitedNs, sign: 'killed', text: `${name} ended by ${signal}` }];
  return exitCode === 0 || exitCode === undefined
    ? []
    : [{ at: exitedNs, sign: 'ended', text: `${name} ended with exit code ${String(exitCode)}` }];
}

function spansOf(changes: readonly Change[]): Lane['spans'] {
  const spans: { state: LaneState; from: number; to: number | null }[] = [];
  for (const { state, at, from } of changes) {
    const last = spans.at(-1);
    if (last?.state === state || (from !== undefined && last?.state !== from)) continue;
    if (last !== undefined) last.to = at;
    spans.push({ state, from: at, to: null });
  }
  return spans;
}
