/** What the runner saw and did: faults, nodes, workers. */
import type { FaultRecord, WorkerRecord } from '../../audit/evidence/run-record.ts';
import type { NodeState } from '../../journal/event.ts';
import type { QueriedRun } from '../rows/run.ts';
import type { Field } from '../scan.ts';
import { flag, listed, moment, scanned, type Table, text, texts, whole } from './table.ts';

function written<T>(of: (row: T) => string | undefined): Field<T> {
  return { type: 'text', of };
}

function numbered<T>(of: (row: T) => number | null | undefined): Field<T> {
  return { type: 'number', of: (row) => of(row) ?? -1 };
}

export function faults({ runner }: QueriedRun): Table {
  return scanned<FaultRecord>(
    {
      name: 'faults',
      about: 'a fault that was to be injected, with the time in which it was in force',
      columns: [
        text('fault', 'f1; of a fault that is repeated f1.2', 'fault'),
        text('action', 'what was done: kill, power-loss …', 'action'),
        texts('targets', 'nodes or workers that it hit'),
        texts('missing', 'planned targets that were not there'),
        ...moment('injecting_at', 'before the deed: the window begins here'),
        ...moment('injected_at', 'when it had taken hold; null: it was not injected'),
        ...moment('healing_at', 'before the heal'),
        ...moment('healed_at', 'when the heal was confirmed: the window ends here; null: it was not healed'),
        text('error', 'why it could not be injected or healed', 'error'),
        text('trigger', 'why it fired then, as JSON', 'trigger'),
        text('evidence', 'what proves each step, as JSON', 'evidence'),
      ],
    },
    {
      estimate: runner.faults.length,
      rows: () => runner.faults,
      fields: {
        fault: written(({ id }) => id),
        action: written((fault) => fault.do),
        targets: listed(({ targets }) => targets),
        missing: listed(({ missing }) => missing),
        injecting_at_ns: numbered(({ injectingNs }) => injectingNs),
        injected_at_ns: numbered(({ injectedNs }) => injectedNs),
        healing_at_ns: numbered(({ healingNs }) => healingNs),
        healed_at_ns: numbered(({ healedNs }) => healedNs),
        error: written(({ error }) => error),
        trigger: written(({ trigger }) => (trigger === undefined ? undefined : JSON.stringify(trigger))),
        evidence: written(({ evidence }) => JSON.stringify(evidence)),
      },
    },
  );
}

export function nodes({ runner }: QueriedRun): Table {
  const states = runner.nodes.flatMap(({ id, states: own }) => own.map((each) => ({ id, ...each })));
  return scanned<{ readonly id: string; readonly state: NodeState; readonly atNs: number }>(
    {
      name: 'nodes',
      about: 'a change of state of a node, as the runner saw it',
      columns: [
        text('node', 'b1', 'node'),
        text('state', 'starting, ready, stopped, killed, paused, resumed, or failed (it ended by itself)', 'state'),
        ...moment('changed_at', 'when it changed'),
      ],
    },
    {
      estimate: states.length,
      rows: () => states,
      fields: {
        node: written(({ id }) => id),
        state: written(({ state }) => state),
        changed_at_ns: numbered(({ atNs }) => atNs),
      },
    },
  );
}

export function workers({ runner }: QueriedRun): Table {
  return scanned<WorkerRecord>(
    {
      name: 'workers',
      about: 'a producer, consumer or reader process',
      columns: [
        text('worker', 'the life of a worker: p1.1', 'worker'),
        text('role', 'producer, consumer or reader', 'role'),
        ...moment('started_at', 'when the runner started it'),
        ...moment('exited_at', 'when the runner saw its end'),
        whole('exit_code', 'null: it was ended by a signal, or its end is not recorded'),
        text('signal', 'that ended it', 'signal'),
        flag(
          'finished',
          'it had done what it was asked to do',
          `CASE finished WHEN -1 THEN NULL ELSE finished = 1 END`,
        ),
        whole('records', 'that its journal held then', 'BIGINT'),
        text('error', 'what it failed of', 'error'),
      ],
    },
    {
      estimate: runner.workers.length,
      rows: () => runner.workers,
      fields: {
        worker: written(({ name }) => name),
        role: written(({ role }) => role),
        started_at_ns: numbered(({ startedNs }) => startedNs),
        exited_at_ns: numbered(({ exitedNs }) => exitedNs),
        exit_code: numbered(({ exitCode }) => exitCode),
        signal: written(({ signal }) => signal ?? undefined),
        finished: numbered(({ finished }) => (finished === undefined ? undefined : Number(finished))),
        records: numbered(({ records }) => records),
        error: written(({ error }) => error),
      },
    },
  );
}
