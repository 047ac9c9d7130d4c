import { expect, test } from 'vitest';
import type { Controls } from '../../src/cluster/controls.ts';
import { faults, findFault } from '../../src/faults/registry.ts';
import { noAbort } from '../../src/wait.ts';

test('every fault has a name of its own', () => {
  expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
  for (const fault of faults) expect(findFault(fault.name)).toBe(fault);
});

test.each(faults)('$name uses exactly the controls that it says it needs', async (fault) => {
  const used = new Set<string>();
  const controls: Controls = Object.fromEntries(
    fault.needs.map((name) => [name, async () => ({ used: used.add(name).size, links: [{ met: 1 }] })]),
  );
  const targets = [
    { id: 'b1', controls },
    { id: 'b2', controls },
  ];
  const deed = { id: 'f1', seed: 7, parameters: {}, signal: noAbort };
  expect(await fault.inject(targets, deed)).toMatchObject([{ target: 'b1' }, { target: 'b2' }]);
  await fault.heal?.(targets);
  expect([...used].sort()).toEqual([...fault.needs].sort());
});

test.each(faults)('$name says how it heals', ({ summary, heal }) => {
  expect(summary).toMatch(heal === undefined ? / Heals itself\.$/ : / Healed by .*\.$/);
});
