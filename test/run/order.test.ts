import { expect, test } from 'vitest';
import { type FaultOrder, readLinkOrder, readOrder } from '../../src/run/standing/order.ts';
import { standingSettings } from '../../src/run/standing/settings.ts';

const settings = standingSettings({ masters: 2, slaves: 1 });

function read(kind: string, target: string, ...more: Partial<FaultOrder>[]) {
  return readOrder(Object.assign({ do: kind, target, parameters: [] }, ...more), settings, 'f1', 7);
}

test('an order is a fault of a plan', () => {
  expect(read('power-loss', 'b1, b1s1', { parameters: ['torn=true'], for: '2s' })).toEqual({
    id: 'f1',
    do: 'power-loss',
    parameters: { torn: true },
    target: { type: 'nodes', nodes: ['b1', 'b1s1'] },
    asked: 'b1, b1s1',
    trigger: { type: 'time', afterMs: 0 },
    forMs: 2000,
  });
  expect(read('disk-fail', 'slaves', { parameters: ['on=[sync]'] })).toMatchObject({
    parameters: { on: ['sync'] },
    target: { nodes: ['b1s1', 'b2s1'] },
  });
  expect(read('disk-slow', 'all').parameters).toEqual({ delay: '500ms' });
});

test('the seed decides whom a word means', () => {
  const chosen = Array.from({ length: 20 }, (_, seed) =>
    JSON.stringify(readOrder({ do: 'kill', target: 'master', parameters: [] }, settings, 'f1', seed).target),
  );
  expect(new Set(chosen).size).toBe(2);
});

test.each([
  [['kill', 'b3'], "target: no 'b3' here: the nodes are ns, b1, b2, b1s1, b2s1"],
  [['disk-slow', 'b1', { parameters: ['delay=2'] }], 'delay: expected a duration from 1ms to 1m'],
  [['kill', 'producers'], "target: no 'producers' here"],
  [['kill', 'b1', { for: 'ever' }], 'for: expected a duration'],
] as const)('%j is refused', ([kind, target, more = {}], text) => {
  expect(() => read(kind, target, more as Partial<FaultOrder>)).toThrow(text);
});

test('a link on its own is the only target of its orders', () => {
  expect(readLinkOrder({ do: 'latency', target: '', parameters: ['delay=20ms'], for: '1s' }, 'f2')).toMatchObject({
    ...{ id: 'f2', do: 'latency', forMs: 1000 },
    parameters: { delay: '20ms', jitter: '0ms', from: 'clients', direction: 'both' },
    target: { type: 'nodes', nodes: ['link'] },
  });
  expect(() => readLinkOrder({ do: 'kill', target: '', parameters: [] }, 'f1')).toThrow(
    'do: kill is not done to a link: partition, one-way-partition, latency',
  );
  expect(() => readLinkOrder({ do: 'reset', target: '', parameters: ['from=p1'] }, 'f1')).toThrow(
    "from: a link on its own knows no 'p1'",
  );
  expect(() => readLinkOrder({ do: 'bandwidth', target: '', parameters: ['rate=fast'] }, 'f1')).toThrow(
    'rate: expected a size from 1B to 1024MiB',
  );
});

test('settings have the words of their options', () => {
  expect(() => standingSettings({ masters: 0 })).toThrow('--masters: expected a whole number from 1 to 16, got 0');
  expect(() => standingSettings({ inSyncReplicas: 2 })).toThrow(
    '--in-sync-replicas: at most the master and its slaves',
  );
  expect(() => standingSettings({ defects: ['x'] })).toThrow('--defect: expected');
});
