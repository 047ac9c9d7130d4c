/** What a profile may say of the connections between nodes and others, and what it is told when it is wrong. */
import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { contractOf } from '../../src/plan/contract.ts';
import { describePlan } from '../../src/plan/describe.ts';
import { bendsClientsOnly } from '../../src/profile/links.ts';
import { attached, errorsOf, load, small } from './written.ts';

const fault = (entry: string, cluster?: string): string =>
  small(`producers: { count: 2 }\nfaults:\n  - { at: 1%, ${entry} }\n`, cluster);

test('who is at the other end is a word, a name, or some of them', () => {
  const wide = '{ broker: bundled, masters: 2, slaves: 1 }';
  for (const from of ['clients', 'producers', 'consumers', 'peers', 'everyone', 'p2', 'c1', 'b2', 'ns', '[p1, b1s1]']) {
    expect(() => load(fault(`do: partition, target: b1, from: ${from}`, wide)), from).not.toThrow();
  }
});

test.each([
  ['from: p3', "no 'p3' here: expected clients, producers, consumers, peers, everyone, a worker or a node"],
  [
    'from: brokers',
    "no 'brokers' here: expected clients, producers, consumers, peers, everyone, a worker or a node; did you mean 'peers'?",
  ],
  [
    'from: 7',
    'expected who is at the other end, such as p1, clients, producers, consumers, peers, everyone or [p1, b2]',
  ],
])('%s is refused', (from, message) => {
  const [line = ''] = errorsOf(fault(`do: latency, target: b1, ${from}`));
  expect(line).toContain(`faults[0].from: ${message}`);
});

test('a worker is at the other end, and never the target', () => {
  const [line] = errorsOf(fault('do: partition, target: p1'));
  expect(line).toContain(
    "partition has a node as its target, and whoever is connected with it as 'from': target: all, from: p1",
  );
});

test('a product whose nodes cannot be led through links says why', () => {
  const set = (more: string): string => `{ broker: rocketmq, slaves: 1, replication: sync${more} }`;
  expect(() => load(fault('do: partition, target: b1, from: b1s1', set('')))).not.toThrow();
  expect(() => load(fault('do: partition, target: b1', set(', controller: true')))).not.toThrow();
  const [line] = errorsOf(fault('do: partition, target: b1, from: peers', set(', controller: true')));
  expect(line).toContain("'peers': with a controller brokers copy over a port that is open at every address");
  const [alone] = errorsOf(fault('do: partition, target: n1, from: peers', '{ broker: nats }'));
  expect(alone).toContain("'peers': NATS JetStream has one node here, which has no others");
});

test('nobody can be parted from a node before which no link stands', () => {
  const of = (nodes: number): string => `{ broker: rabbitmq, nodes: ${nodes} }`;
  expect(() => load(fault('do: partition, target: rabbit1, from: rabbit2', of(3)))).not.toThrow();
  const [mapper] = errorsOf(fault('do: partition, target: rabbit1, from: epmd', of(3)));
  expect(mapper).toContain("'epmd': no link stands before it, and it connects to no node");
  const [alone] = errorsOf(fault('do: partition, target: rabbit1, from: peers', of(1)));
  expect(alone).toContain("'peers': RabbitMQ has one node here, which has no others");
});

test('an attached cluster advertises what its operator says', () => {
  const profile = attached(
    ['attach: localhost:9092', 'control: [{ id: n1, address: "localhost:9092", pidFile: x }]'],
    'faults:\n  - { at: 1%, do: partition, target: n1 }\n',
  );
  expect(errorsOf(profile)[0]).toContain("partition needs brokers of the run's own");
});

describe('the contract', () => {
  const cluster = '{ broker: bundled, masters: 1, slaves: 2, replication: sync, inSyncReplicas: 2, failover: in-sync }';
  const clause = (more: string, acks = 'one') => {
    const profile = load(
      small(
        `producers: { acks: ${acks} }\nfaults:\n  - { at: 1%, do: partition, target: b1, for: 1s${more} }\n`,
        cluster,
      ),
    );
    const plan = compilePlan(profile, 1);
    expect(plan.faults.map(bendsClientsOnly)).toEqual([more === '']);
    return contractOf(plan).lost;
  };

  test('forbids a loss by what is between brokers and their clients alone', () => {
    expect(clause('')).toMatchObject({ allowed: false });
  });

  test('allows one between nodes, where the leader alone has acknowledged', () => {
    expect(clause(', from: peers')).toMatchObject({ allowed: true });
    expect(clause(', from: everyone')).toMatchObject({ allowed: true });
    expect(clause(', from: peers', 'all')).toMatchObject({ allowed: false });
  });
});

test('a plan says that there are links', () => {
  expect(describePlan(compilePlan(load(fault('do: latency, target: b1')), 1))).toContain(
    'every node behind a link, for latency (f1)',
  );
  expect(describePlan(compilePlan(load(fault('do: kill, target: b1')), 1))).not.toContain('behind a link');
});
