/** Lanes say what was recorded of nodes and workers, and nothing else. */
import { expect, test } from 'vitest';
import { lanesOf } from '../../src/report/html/lanes.ts';
import type { RecordedFault, RunRecord } from '../../src/report/record.ts';
import { planOf, recordWith } from './small-record.ts';

const quiet: RunRecord = { ...recordWith(), faults: [], workers: [] };

function fault(changes: Partial<RecordedFault>): RecordedFault {
  const never = { triggeredAt: null, injected: null, healed: null };
  return { id: 'f1', do: 'kill', target: ['b1'], missing: [], ...never, evidence: [], lostMessages: 0, ...changes };
}

test('a node that is killed and started again, and one that ends by itself', () => {
  const lanes = lanesOf(quiet, [
    {
      id: 'b1',
      states: [
        { state: 'starting', atNs: 1 },
        { state: 'ready', atNs: 2 },
        { state: 'killed', atNs: 5 },
        { state: 'starting', atNs: 6 },
        { state: 'ready', atNs: 7 },
        { state: 'paused', atNs: 8 },
        { state: 'resumed', atNs: 9 },
        { state: 'stopped', atNs: 10 },
      ],
    },
    { id: 'b2', states: [{ state: 'failed', atNs: 3 }] },
  ]);
  expect(lanes.map(({ spans }) => spans.map(({ state, from, to }) => [state, from, to]))).toEqual([
    [
      ['starting', 1, 2],
      ['up', 2, 5],
      ['down', 5, 6],
      ['starting', 6, 7],
      ['up', 7, 8],
      ['paused', 8, 9],
      ['up', 9, 10],
      ['ended', 10, null],
    ],
    [['down', 3, null]],
  ]);
  expect(lanes.map(({ marks }) => marks.map(({ at, text }) => [at, text]))).toEqual([
    [[5, 'b1 was killed']],
    [[3, 'b2 ended by itself']],
  ]);
});

test('incarnations of a worker are one lane, and its standstill is told by its fault', () => {
  const life = { role: 'consumer', journal: 'c1.1.journal' } as const;
  const record: RunRecord = {
    ...quiet,
    faults: [fault({ do: 'pause', target: ['c1'], injected: 20, healed: 40 })],
    workers: [
      { ...life, name: 'c1.1', startedNs: 1, exitedNs: 30, signal: 'SIGKILL', finished: false },
      { ...life, name: 'c1.2', startedNs: 35, exitedNs: 60, finished: true, exitCode: 0 },
    ],
  };
  const [lane] = lanesOf(record, []);
  expect(lane?.spans.map(({ state, from }) => [state, from])).toEqual([
    ['up', 1],
    ['paused', 20],
    ['down', 30],
    ['up', 35], // and not once more by the heal at 40
    ['ended', 60],
  ]);
  expect(lane?.marks).toEqual([{ at: 30, sign: 'killed', text: 'c1.1 ended by SIGKILL' }]);
});

test('a lead is told where a fault looked for it, and where a node was promoted', () => {
  const plan = planOf();
  const [planned] = plan.faults;
  if (planned === undefined) throw new Error('quick has a fault');
  const record: RunRecord = {
    ...quiet,
    profile: { ...plan, faults: [{ ...planned, id: 'f1', target: { type: 'leader', partition: 3 } }] },
    faults: [
      fault({ triggeredAt: 10, injected: 11, target: ['b2'] }),
      fault({
        id: 'f2',
        do: 'promote',
        injected: 20,
        target: ['b2'],
        evidence: [{ target: 'b2', promote: { promoted: 2, epoch: 4 } }],
      }),
    ],
  };
  const nodes = ['b1', 'b2'].map((id) => ({ id, states: [{ state: 'ready' as const, atNs: 1 }] }));
  expect(lanesOf(record, nodes).map(({ marks }) => marks.map(({ at, text }) => [at, text]))).toEqual([
    [],
    [
      [10, 'b2 led partition 3 when f1 began'],
      [20, 'b2 leads in epoch 4 (f2)'],
    ],
  ]);
});
