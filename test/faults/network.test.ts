/** What a fault between a node and others asserts of itself rests on the connections that the links have told of. */
import { expect, test } from 'vitest';
import type { Controlled } from '../../src/cluster/controls.ts';
import { bandwidth } from '../../src/faults/network/bandwidth.ts';
import { cutAfter } from '../../src/faults/network/cut-after.ts';
import { halfOpen } from '../../src/faults/network/half-open.ts';
import { latency } from '../../src/faults/network/latency.ts';
import { oneWayPartition } from '../../src/faults/network/one-way-partition.ts';
import { partition } from '../../src/faults/network/partition.ts';
import { reset } from '../../src/faults/network/reset.ts';
import { slowClose } from '../../src/faults/network/slow-close.ts';

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

test.each([partition, oneWayPartition, latency, bandwidth, slowClose])(
  '$name that nothing tried to pass has shown nothing',
  (fault) => {
    const healed = (...links: { met: number; bent: number }[]) =>
      links.map((link) => ({ target: 'b1', link: { links: [link] } }));
    expect(fault.missed?.(healed({ met: 0, bent: 0 }, { met: 0, bent: 0 }), deed)).toBe(
      'it met no connection: none of the pair was open or opened while it was in force',
    );
    expect(fault.missed?.(healed({ met: 2, bent: 0 }), deed)).toBe(
      `it met 2 connections, and none of them ${fault === slowClose ? 'was closed' : 'carried anything'} while it was in force`,
    );
    expect(fault.missed?.(healed({ met: 2, bent: 0 }, { met: 1, bent: 1 }), deed)).toBeUndefined();
  },
);

test('cut-after has done nothing when no connection carried so much', () => {
  const healed = (...cut: number[]) =>
    cut.map((count) => ({ target: 'b1', link: { links: [{ link: 'b1', cut: count }, { link: 'b2' }] } }));
  expect(cutAfter.missed?.(healed(0), deed)).toBe('no connection carried so many bytes');
  expect(cutAfter.missed?.(healed(0, 2), deed)).toBeUndefined();
});
