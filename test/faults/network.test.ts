/** What a fault between a node and others asserts of itself rests on the connections that the links have told of. */
import { expect, test } from 'vitest';
import type { Controlled } from '../../src/cluster/controls.ts';
import { cutAfter } from '../../src/faults/network/cut-after.ts';
import { halfOpen } from '../../src/faults/network/half-open.ts';
import { reset } from '../../src/faults/network/reset.ts';

const deed = { id: 'f1', seed: 1, parameters: {}, signal: new AbortController().signal };

/** A node whose links meet so many connections of the pair. */
function node(id: string, met: number): Controlled {
  return { id, controls: { link: async () => ({ links: [{ link: id, open: 5, met }] }) } };
}

test.each([reset, halfOpen])('$name of no connection is no fault', async (fault) => {
  await expect(fault.inject([node('b1', 0), node('b2', 0)], deed)).rejects.toThrow(
    'no connection of the pair was open',
  );
  expect(await fault.inject([node('b1', 0), node('b2', 1)], deed)).toHaveLength(2);
});

test('cut-after has done nothing when no connection carried so much', () => {
  const healed = (...cut: number[]) =>
    cut.map((count) => ({ target: 'b1', link: { links: [{ link: 'b1', cut: count }, { link: 'b2' }] } }));
  expect(cutAfter.missed?.(healed(0), deed)).toBe('no connection carried so many bytes');
  expect(cutAfter.missed?.(healed(0, 2), deed)).toBeUndefined();
});
