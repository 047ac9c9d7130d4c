/**
 * What the runner recorded: faults and their windows, workers and the lengths of their journals, the drain, the phases.
 */
import { eventPass } from '../../journal/decode.ts';
import type { DrainStep, Event, FaultDetail, NodeState, Phase, WorkerDetail } from '../../journal/event.ts';
import { type Source, scanSource } from './inventory.ts';

export interface FaultRecord {
  readonly id: string;
  readonly do: string;
  readonly targets: readonly string[];
  /** Planned targets that did not exist when the fault was injected. */
  readonly missing: string[];
  readonly trigger?: Record<string, unknown>;
  readonly evidence: Record<string, unknown>[];
  injectingNs?: number;
  injectedNs?: number;
  healingNs?: number;
  healedNs?: number;
  error?: string;
}

export interface WorkerRecord {
  readonly name: string;
  readonly role: WorkerDetail['role'];
  readonly journal: string;
  startedNs?: number;
  exitedNs?: number;
  /** How many records the worker's journal held when the runner saw that the worker had ended. */
  records?: number;
  finished?: boolean;
  exitCode?: number | null;
  signal?: string | null;
  error?: string;
  /** Why receipts may be missing from its journal, although it is closed. */
  incomplete?: string;
}

export interface DrainRecord {
  readonly step: DrainStep;
  readonly ok: boolean;
  readonly atNs: number;
  readonly group?: number;
  readonly proof?: string;
}

export interface PhaseRecord {
  readonly phase: Phase;
  readonly atNs: number;
}

/** What the runner saw of a node: it started or ended it, or saw it end. */
export interface NodeLife {
  readonly id: string;
  readonly states: { readonly state: NodeState; readonly atNs: number }[];
}

export interface RunRecord {
  /** The runner's journal was given and is closed, so that no record of the runner is missing. */
  complete: boolean;
  readonly faults: FaultRecord[];
  readonly workers: WorkerRecord[];
  readonly nodes: NodeLife[];
  readonly drain: DrainRecord[];
  readonly phases: PhaseRecord[];
  /** Unplanned events, as sentences. */
  readonly incidents: string[];
  lastNs: number;
}

export async function readRunRecord(source: Source | undefined): Promise<RunRecord> {
  const record: RunRecord = {
    complete: false,
    faults: [],
    workers: [],
    nodes: [],
    drain: [],
    phases: [],
    incidents: [],
    lastNs: 0,
  };
  if (source === undefined || source.state === 'unreadable') return record;
  const { pass, finish } = eventPass((event) => take(record, event));
  await scanSource(source, pass);
  finish();
  record.complete = source.state === 'closed';
  record.faults.sort((a, b) => (a.injectingNs ?? 0) - (b.injectingNs ?? 0));
  return record;
}

function take(record: RunRecord, event: Event): void {
  record.lastNs = Math.max(record.lastNs, event.atNs);
  switch (event.kind) {
    case 'fault':
      return takeFault(record, event);
    case 'worker':
      return takeWorker(record, event);
    case 'drain':
      record.drain.push({
        step: event.step,
        ok: event.ok,
        atNs: event.atNs,
        ...(typeof event.detail.group === 'number' ? { group: event.detail.group } : {}),
        ...(typeof event.detail.proof === 'string' ? { proof: event.detail.proof } : {}),
      });
      return;
    case 'phase':
      record.phases.push({ phase: event.phase, atNs: event.atNs });
      return;
    case 'incident':
      record.incidents.push(event.detail.text ?? 'an incident whose text was cut off');
      return;
    case 'node':
      return takeNode(record, event);
    default:
      return;
  }
}

function takeFault(record: RunRecord, event: Extract<Event, { kind: 'fault' }>): void {
  const detail: Partial<FaultDetail> & { readonly missing?: readonly string[] } = event.detail;
  const id = detail.id ?? `fault ${event.fault}`;
  let fault = record.faults.find((each) => each.id === id);
  if (fault === undefined) {
    fault = {
      id,
      do: detail.do ?? 'unknown',
      targets: detail.targets ?? [],
      missing: [],
      evidence: [],
      ...(detail.trigger === undefined ? {} : { trigger: detail.trigger }),
    };
    record.faults.push(fault);
  }
  const { missing } = fault;
  missing.push(...(detail.missing ?? []).filter((name) => !missing.includes(name)));
  fault.evidence.push(...(detail.evidence ?? []));
  if (event.step === 'failed') fault.error = detail.error ?? 'failed without a reason';
  else fault[stepFields[event.step]] ??= event.atNs;
}

const stepFields = {
  injecting: 'injectingNs',
  injected: 'injectedNs',
  healing: 'healingNs',
  healed: 'healedNs',
} as const;

function takeNode({ nodes }: RunRecord, { node, state, atNs, detail }: Extract<Event, { kind: 'node' }>): void {
  const id = typeof detail.id === 'string' ? detail.id : `node ${node}`;
  let life = nodes.find((each) => each.id === id);
  if (life === undefined) {
    life = { id, states: [] };
    nodes.push(life);
  }
  life.states.push({ state, atNs });
}

function takeWorker(record: RunRecord, event: Extract<Event, { kind: 'worker' }>): void {
  const { name, role, journal, ...end }: Partial<WorkerDetail> = event.detail;
  if (name === undefined || role === undefined || journal === undefined) return;
  let worker = record.workers.find((each) => each.journal === journal);
  if (worker === undefined) {
    worker = { name, role, journal };
    record.workers.push(worker);
  }
  if (event.state === 'started') worker.startedNs = event.atNs;
  if (event.state !== 'exited') return;
  worker.exitedNs = event.atNs;
  const { pid: _, ...rest } = end;
  Object.assign(worker, rest);
}
