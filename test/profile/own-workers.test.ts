import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { contractOf } from '../../src/plan/contract.ts';
import { describePlan } from '../../src/plan/describe.ts';
import { decodePlan, encodePlan } from '../../src/plan/encode.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { attached, errorsOf, load, small } from './written.ts';

const planOf = (text: string): Plan => compilePlan(load(text), 1);
const own = 'producers: { command: [python3, producer.py] }\nconsumers: { command: [./consumer, "a b"] }\n';

describe('workers of the user’s own', () => {
  test('are in the plan, come back, and are told with what nobody knows of them', () => {
    const plan = planOf(small(own));
    expect(plan.producers).toMatchObject({
      command: ['python3', 'producer.py'],
      retryAnotherBroker: false,
      retries: 3,
    });
    expect(plan.consumers.command).toEqual(['./consumer', 'a b']);
    expect(plan.expect.limits).toMatchObject({ unprocessed: 0, 'phantom-effect': 0, lost: 0 });
    expect(decodePlan(encodePlan(plan), 'plan.json')).toEqual(plan);
    const text = describePlan(plan);
    expect(text).toContain('your own: python3 producer.py');
    expect(text).toContain('your own: ./consumer "a b"');
    expect(text).toContain('mqchaos cannot see');
    expect(text).toContain('a receipt that was not reported when a consumer is killed counts as none');
  });

  test('have a contract of their own', () => {
    const faults = 'faults: [{ at: 50%, do: kill, target: b1, for: 1s }, { at: 60%, do: kill, target: c1, for: 1s }]\n';
    const after = contractOf(planOf(small(own + faults)));
    expect(after['duplicate-stored']).toMatchObject({
      allowed: true,
      because: expect.stringContaining('client of your own'),
    });
    expect(after.unprocessed.allowed).toBe(false);
    expect(after['duplicate-effect'].allowed).toBe(true);
    const before = contractOf(
      planOf(small(own.replace('{ command: [./c', '{ commit: before, command: [./c') + faults)),
    );
    expect(before.unprocessed).toMatchObject({ allowed: true, because: expect.stringContaining('commit before') });
    // with one send and no retry of ours a client of one's own may still send again
    const once = contractOf(planOf(small(own.replace('py]', 'py], retries: 0') + faults)));
    expect(once['duplicate-stored'].allowed).toBe(true);
  });

  test('no trap of our client is theirs', () => {
    const lines =
      'producers: { command: [p], send: async, idempotent: true }\nfaults: [{ at: 5s, do: kill, target: b1, for: 1s }]\n';
    const plan = planOf(small(lines));
    expect(describePlan(plan)).not.toContain('kafkajs');
    expect(contractOf(plan).lost.allowed).toBe(false);
    expect(describePlan(planOf(small(lines.replace('command: [p], ', ''))))).toContain('kafkajs');
  });

  test('what they cannot be asked for is refused, with the remedy', () => {
    const lines = [
      'producers: { command: [p], send: oneway, retryAnotherBroker: true }',
      'consumers: { command: [c], effect: { store: sqlite }, failing: 1%, redelivery: {} }',
      'faults:',
      '  - { at: 50%, do: kill-at, point: after receive, target: consumer, for: 1s }',
    ];
    expect(errorsOf(small(`${lines.join('\n')}\n`)).map((line) => line.replace(/^\S+ /, ''))).toEqual(
      expect.arrayContaining([
        'producers.send: not with producers.command: your worker answers each message; use sync or async',
        'producers.retryAnotherBroker: not with producers.command: which broker has which partition is known to the client alone; leave it out',
        'consumers.effect: is done by consumers of ours; with consumers.command your worker decides: leave it out',
        'consumers.failing: is done by consumers of ours; with consumers.command your worker decides: leave it out',
        'consumers.redelivery: is done by consumers of ours; with consumers.command your worker decides: leave it out',
        'faults[0].do: kill-at stops processing at a point, which only consumers of ours can; use kill',
      ]),
    );
  });

  test.each([
    [
      'producers: { command: python3 p.py }',
      "expected a list of a program and its arguments, such as [python3, worker.py], got 'python3 p.py'",
    ],
    ['producers: { command: [] }', 'expected a program and its arguments, such as [python3, worker.py]'],
    ['consumers: { command: [python3, 2] }', 'expected a program or one of its arguments, as text, got 2'],
    ['consumers: { command: [c] }\nexpect: { stale-overwrite: 0 }', 'needs consumers.effect'],
  ])('%s is refused', (line, message) => {
    expect(errorsOf(small(`${line}\n`)).join()).toContain(message);
  });

  test('are not for brokers that hand out no settings', () => {
    const errors = errorsOf(small('producers: { command: [p] }\n', '{ broker: nats }'));
    expect(errors.join()).toContain(
      'producers.command: NATS JetStream has no workers of your own in this version; broker: bundled or kafka has',
    );
  });

  test('reach an attached cluster too', () => {
    expect(planOf(attached(['attach: localhost:9092'], own)).producers.command).toEqual(['python3', 'producer.py']);
  });
});
