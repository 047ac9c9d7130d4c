/** Kafka's keys of a profile, what a plan makes of them, and plans of before. */
import { describe, expect, test } from 'vitest';
import { kafka } from '../../../src/products/kafka/product.ts';
import { errorsOf, load, small } from '../../profile/written.ts';
import { kafkaPlanOf } from './own-cluster.ts';

const usual = {
  broker: 'kafka',
  flush: 'default',
  uncleanElection: false,
  sessionTimeoutMs: 2000,
  heapMiB: 512,
} as const;

test.each([
  [{}, { nodes: 1, replicationFactor: 1, minInsyncReplicas: 1 }],
  [{ nodes: 2 }, { nodes: 2, replicationFactor: 2, minInsyncReplicas: 1 }],
  [{ nodes: 3 }, { nodes: 3, replicationFactor: 3, minInsyncReplicas: 2 }],
  [{ nodes: 9 }, { nodes: 9, replicationFactor: 3, minInsyncReplicas: 2 }],
  [
    { nodes: 3, replicationFactor: 1 },
    { nodes: 3, replicationFactor: 1, minInsyncReplicas: 1 },
  ],
  [
    { nodes: 5, replicationFactor: 5 },
    { nodes: 5, replicationFactor: 5, minInsyncReplicas: 2 },
  ],
  [
    { nodes: 3, minInsyncReplicas: 1 },
    { nodes: 3, replicationFactor: 3, minInsyncReplicas: 1 },
  ],
])('%j: as many copies as there are nodes, three at most', (keys, plan) => {
  expect(kafkaPlanOf(keys)).toEqual({ ...usual, ...plan });
});

test('every key is in the plan', () => {
  const keys = {
    nodes: 2,
    flush: 'every-message',
    uncleanElection: true,
    sessionTimeout: '9s',
    heap: '1GiB',
    home: '/k',
  };
  expect(kafkaPlanOf(keys)).toMatchObject({
    ...{ flush: 'every-message', uncleanElection: true, sessionTimeoutMs: 9000, heapMiB: 1024, home: '/k' },
  });
});

describe('an attached cluster', () => {
  const control = [{ id: 'k1', address: 'localhost:9092', pidFile: '/run/k.pid' }];

  test('has in its plan what it always had, and nothing of nodes that are not ours', () => {
    expect(kafkaPlanOf({ attach: 'localhost:9092', control })).toEqual({
      broker: 'kafka',
      attach: ['localhost:9092'],
      control,
    });
    const secured = {
      tls: { ca: 'ca.pem' },
      sasl: { mechanism: 'plain', username: 'u', password: `\${SECRET}` },
      allowRemote: true,
    };
    expect(kafkaPlanOf({ attach: ['a:1', 'b:2'], ...secured })).toEqual({
      ...{ broker: 'kafka', attach: ['a:1', 'b:2'], control: [] },
      ...secured,
    });
  });

  test('of a plan of before is read as it is', () => {
    const before = { broker: 'kafka', attach: ['localhost:9092'], control: [] };
    expect(kafka.format.plan.parse(before)).toEqual(before);
  });
});

test.each([
  { broker: 'kafka' },
  { broker: 'kafka', nodes: 3 },
  { ...kafkaPlanOf(), nodes: 10 },
  { ...kafkaPlanOf(), more: 1 },
])('a plan that is neither attached nor complete is refused: %j', (plan) => {
  expect(kafka.format.plan.safeParse(plan).success).toBe(false);
});

test('a plan of ours is read as it was written', () => {
  const plan = kafkaPlanOf({ nodes: 3, home: '/k' });
  expect(kafka.format.plan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
});

const why = "does not go with 'attach': those brokers are as they were started; leave it out, or leave out attach";
const attach = "goes with 'attach' only: these brokers are started for the run; leave it out, or set attach";
test.each([
  ['{ broker: kafka, nodes: 10 }', '4:34 cluster.nodes: expected a whole number from 1 to 9, got 10'],
  [
    '{ broker: kafka, heap: 64MiB }',
    "cluster.heap: expected a size from 128MiB to 64GiB, such as 512MiB or 2GiB, got '64MiB'",
  ],
  [
    '{ broker: kafka, replicationFactor: 3 }',
    'cluster.replicationFactor: each copy needs a node of its own, and there are 1; set nodes to 3',
  ],
  [
    '{ broker: kafka, nodes: 3, minInsyncReplicas: 4 }',
    'cluster.minInsyncReplicas: there are 3 copies; set it to 3 at most, or replicationFactor to more',
  ],
  [
    '{ broker: kafka, minInsyncReplicas: 2 }',
    'cluster.minInsyncReplicas: there is 1 copy; set it to 1 at most, or replicationFactor to more',
  ],
  [
    '{ broker: kafka, uncleanElection: true }',
    'cluster.uncleanElection: needs a second copy to lead; set nodes and replicationFactor to 2 or more',
  ],
  ['{ broker: kafka, control: [] }', `cluster.control: ${attach}`],
  ['{ broker: kafka, tls: {} }', `cluster.tls: ${attach}`],
  ['{ broker: kafka, attach: localhost:9092, nodes: 1 }', `cluster.nodes: ${why}`],
  ['{ broker: kafka, attach: localhost:9092, flush: default }', `cluster.flush: ${why}`],
  ['{ broker: kafka, attach: localhost:9092, home: /k }', `cluster.home: ${why}`],
])('%s is refused by name', (cluster, message) => {
  const errors = errorsOf(small('', cluster));
  expect(errors).toEqual([expect.stringContaining(message)]);
});

test.each([
  ['power-loss', 'k1', "set cluster.volume to 'fuse' or 'ext4'"],
  ['promote', 'k1', 'it elects by itself'],
  ['kill', 'slave', "a Kafka's nodes are equals"],
])('%s of %s: says why not', (fault, target, message) => {
  const lines = `faults:\n  - { at: 1s, do: ${fault}, target: ${target}${fault === 'promote' ? '' : ', for: 1s'} }\n`;
  expect(errorsOf(small(lines, '{ broker: kafka, nodes: 3 }')).join()).toContain(message);
});

test('every node can be killed, stopped, paused and lose its disk, whoever leads', () => {
  const lines = ['kill', 'stop', 'pause', 'disk-loss'].map(
    (fault) => `  - { at: 1s, do: ${fault}, target: one, for: 1s }\n`,
  );
  const { faults } = load(small(`faults:\n${lines.join('')}`, '{ broker: kafka, nodes: 3 }'));
  expect(faults).toHaveLength(4);
});
