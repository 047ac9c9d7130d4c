import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { encodePlan } from '../../src/plan/encode.ts';
import { loadProfile } from '../../src/profile/load.ts';
import { attached, load, small } from '../profile/written.ts';

const seeds = fc.nat({ max: 0xffff_ffff });

function faultsOf(entries: string[], more = '', seed = 1) {
  const lines = entries.map((entry) => `  - ${entry}\n`).join('');
  return compilePlan(load(small(`${more}faults:\n${lines}`, '{ broker: bundled, masters: 5 }')), seed).faults;
}

function targetsOf(...targets: string[]) {
  const faults = faultsOf(
    targets.map((target) => `{ at: 1%, do: kill, target: ${target} }`),
    'consumers: { groups: 2 }\n',
  );
  return faults.map(({ target }) => target);
}

test('same profile and seed, same bytes', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const once = encodePlan(compilePlan(loadProfile('kill-master'), seed));
      expect(encodePlan(compilePlan(loadProfile('kill-master'), seed))).toBe(once);
      expect(once.endsWith('}\n')).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('different seeds make different choices where there is a choice', () => {
  const profile = loadProfile('kill-master');
  fc.assert(
    fc.property(seeds, seeds, (a, b) => {
      fc.pre(a !== b);
      expect(compilePlan(profile, a).faults).not.toEqual(compilePlan(profile, b).faults);
    }),
  );
  const calm = loadProfile('async-window');
  expect(compilePlan(calm, 1).faults).toEqual(compilePlan(calm, 2).faults);
  const hit = Array.from({ length: 20 }, (_, seed) => compilePlan(loadProfile('quick'), seed).faults[0]?.target);
  expect(new Set(hit.map((target) => JSON.stringify(target))).size).toBe(2);
});

test('one more fault changes no choice of the others', () => {
  const first = '{ every: 3s..8s, times: 5, do: kill, target: one, for: 1s }';
  const [alone, together] = [faultsOf([first]), faultsOf([first, '{ at: 3%, do: stop, target: one }'])];
  expect(together.slice(0, 5)).toEqual(alone);
});

test('targets', () => {
  expect(
    targetsOf('b2', 'ns', 'all', 'leader of 3', '{ leader: 4 }', 'p1', 'c4', 'c2.1', 'producers', 'consumers'),
  ).toEqual([
    { type: 'nodes', nodes: ['b2'] },
    { type: 'nodes', nodes: ['ns'] },
    { type: 'nodes', nodes: ['b1', 'b2', 'b3', 'b4', 'b5'] },
    { type: 'leader', partition: 3 },
    { type: 'leader', partition: 4 },
    { type: 'workers', workers: ['p1'] },
    { type: 'workers', workers: ['c4'] },
    { type: 'workers', workers: ['c3'] },
    { type: 'workers', workers: ['p1', 'p2'] },
    { type: 'workers', workers: ['c1', 'c2', 'c3', 'c4'] },
  ]);
});

test('seeded targets are as many as they say, in order, and of the right kind', () => {
  const counts = { any: 1, one: 1, master: 1, minority: 2, majority: 3, producer: 1, consumer: 1 };
  fc.assert(
    fc.property(seeds, fc.constantFrom(...(Object.keys(counts) as (keyof typeof counts)[])), (seed, word) => {
      const [fault] = faultsOf([`{ at: 1%, do: kill, target: ${word} }`], '', seed);
      const target = fault?.target;
      const names = target?.type === 'nodes' ? target.nodes : target?.type === 'workers' ? target.workers : [];
      expect(new Set(names).size).toBe(counts[word]);
      expect(names).toEqual(names.toSorted());
      const kinds = { producer: /^p[12]$/, consumer: /^c[12]$/, any: /^(ns|b[1-5])$/ };
      for (const name of names) expect(name).toMatch(word in kinds ? kinds[word as keyof typeof kinds] : /^b[1-5]$/);
      expect(fault?.asked).toBe(word);
    }),
  );
});

test('every with times: so many, all due', () => {
  const faults = faultsOf([
    '{ at: 1%, do: stop, target: b1 }',
    '{ every: 3s..8s, times: 4, do: kill, target: one, for: 1s }',
  ]);
  expect(faults.map(({ id }) => id)).toEqual(['f1', 'f2.1', 'f2.2', 'f2.3', 'f2.4']);
  expect(faults.some((fault) => fault.repetition)).toBe(false);
});

test('every without times: to the limit, the first due, the others while messages are sent', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const faults = faultsOf(['{ every: 3s..8s, do: kill, target: one, for: 1s }'], 'limit: 1m\n', seed);
      const instants = faults.map(({ trigger }) => (trigger.type === 'time' ? trigger.afterMs : Number.NaN));
      const gaps = instants.map((afterMs, i) => afterMs - (instants[i - 1] ?? 0));
      for (const gap of gaps) expect(gap).toSatisfy((ms: number) => ms >= 3000 && ms <= 8000);
      expect(instants.at(-1)).toBeGreaterThan(52_000 - 1);
      expect(instants.at(-1)).toBeLessThan(60_000);
      expect(faults.map(({ repetition }) => repetition ?? false)).toEqual(faults.map((_, i) => i > 0));
    }),
  );
});

test('producers: a window where there is none, no retry without an answer', () => {
  const producers = (line: string) => compilePlan(load(small(`producers: ${line}\n`)), 1).producers;
  expect(producers('{ send: async }')).toMatchObject({ window: 100, retries: 3, ratePerSecond: 2000 });
  expect(producers('{ send: sync, rate: max }')).toMatchObject({ window: 1, retries: 3 });
  expect(producers('{ rate: max }')).not.toHaveProperty('ratePerSecond');
  expect(producers('{ send: oneway }')).toMatchObject({ window: 100, retries: 0 });
});

test('expectations: named limits over the default ones, any lifts one, harm lifts default ones', () => {
  const zero = { lost: 0, 'rolled-back': 0, skipped: 0, corrupt: 0, misrouted: 0, phantom: 0, contradicted: 0 };
  const expectation = (line: string) => compilePlan(load(small(line)), 1).expect;
  expect(expectation('')).toEqual({ limits: zero });
  expect(expectation('expect: { duplicate-stored: 3, phantom: 2, recovery: <10s, acked: ">=95%" }\n')).toEqual({
    limits: { ...zero, 'duplicate-stored': 3, phantom: 2 },
    recoveryMs: 10_000,
    ackedShare: 0.95,
  });
  const { lost: _, ...rest } = zero;
  expect(expectation('expect: { lost: any }\n')).toEqual({ limits: rest });
  const { 'rolled-back': __, skipped: ___, ...least } = rest;
  expect(expectation('expect: { harm: [lost] }\n')).toEqual({ limits: least, harm: ['lost'] });
  expect(expectation('expect: { harm: [lost], skipped: 0 }\n').limits).toEqual({ ...least, skipped: 0 });
});

test('an attached cluster', () => {
  const control = 'control: [{ id: n1, address: "localhost:1", pidFile: /run/n1.pid, start: up }]';
  const text = attached(
    ['attach: "localhost:1,localhost:2"', control],
    'topic: { replication: 3 }\nfaults: [{ at: 1%, do: kill, target: one, for: 1s }]\n',
  );
  const plan = compilePlan(load(text), 1);
  expect(plan.cluster).toEqual({
    broker: 'kafka',
    attach: ['localhost:1', 'localhost:2'],
    control: [{ id: 'n1', address: 'localhost:1', pidFile: '/run/n1.pid', start: 'up' }],
  });
  expect(plan.topic).toEqual({ partitions: 8, replication: 3 });
  expect(plan.faults[0]?.target).toEqual({ type: 'nodes', nodes: ['n1'] });
});
