import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { describePlan } from '../../src/plan/describe.ts';
import { decodePlan, encodePlan } from '../../src/plan/encode.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { errorsOf, load, small } from './written.ts';

const planOf = (lines: string): Plan => compilePlan(load(small(`consumers:\n${lines}`)), 1);

describe('redelivery', () => {
  test('is in the plan, comes back, and is told', () => {
    const plan = planOf('  failing: { share: 1%, by: message }\n  redelivery: { attempts: 3, delay: 500ms }\n');
    expect(plan.consumers).toMatchObject({
      failing: { share: 0.01, by: 'message' },
      redelivery: { attempts: 3, delayMs: 500, deadLetter: true },
    });
    expect(plan.expect.limits).toMatchObject({ unprocessed: 0, 'dead-letter-lost': 0, 'over-retried': 0 });
    expect(decodePlan(encodePlan(plan), 'plan.json')).toEqual(plan);
    const text = describePlan(plan);
    expect(text).toContain('processing fails of 1% of the messages, at every try');
    expect(text).toContain('what failed is redelivered 500ms later, up to 3 times, then to the dead letter topic');
  });

  test('has the defaults of RocketMQ, and a percentage means tries', () => {
    const plan = planOf('  failing: 30%\n  redelivery: {}\n');
    expect(plan.consumers).toMatchObject({
      failing: { share: 0.3, by: 'attempt' },
      redelivery: { attempts: 16, delayMs: 1000, deadLetter: true },
    });
    expect(describePlan(plan)).toContain('processing fails at 30% of the tries');
    const off = describePlan(planOf('  redelivery: { attempts: 0, deadLetter: false }\n'));
    expect(off).toContain('what failed is not redelivered: dropped');
  });

  test('is absent where nobody asks for it', () => {
    const { consumers, expect: expected } = planOf('  failing: 1%\n');
    expect(consumers.redelivery).toBeUndefined();
    expect(expected.limits.unprocessed).toBeUndefined();
  });

  test('where messages share keys, a lost one is not asked for', () => {
    const shared = '  effect: { store: redis }\n  idempotence: redis-set\n  form: shared-key\n  redelivery: {}\n';
    const { limits } = planOf(shared).expect;
    expect([limits.unprocessed, limits['dead-letter-lost'], limits['over-retried']]).toEqual([undefined, undefined, 0]);
    const lines = errorsOf(small(`consumers:\n${shared}expect: { dead-letter-lost: 0 }\n`));
    expect(lines.join('\n')).toContain('cannot be decided with redis-set (shared-key): its messages share keys');
  });

  test.each([
    ['consumers: { failing: { share: 1%, by: message } }', 'without redelivery a message that always fails'],
    ['consumers: { failing: 100% }', 'give consumers.redelivery, which has a last try'],
    ['consumers: { failing: 1 }', 'expected a percentage such as 1%, or a map such as {share: 1%, by: message}'],
    ['consumers: { failing: { by: message } }', 'share'],
    ['consumers: { redelivery: { attempts: 101 } }', 'expected a whole number from 0 to 100, got 101'],
    ['consumers: { redelivery: { delay: 1 } }', 'expected a duration'],
    ['consumers: { redelivery: { dead: true } }', 'unknown key; the keys here are attempts, delay, deadLetter'],
    ['expect: { over-retried: 0 }', 'expect.over-retried: needs consumers.redelivery'],
    ['expect: { harm: [dead-letter-lost] }', "'dead-letter-lost' needs consumers.redelivery"],
    ['faults: [{ at: 10%, do: kill-at, point: after move, target: c1 }]', "'after move' needs consumers.redelivery"],
    [
      'consumers: { failing: { share: 1%, by: message }, redelivery: { delay: 30s } }',
      'what always fails takes 16 redeliveries 30s apart after 10s of sending, and the limit of the run is 5m',
    ],
  ])('%s', (lines, message) => {
    expect(errorsOf(small(`${lines}\n`)).join('\n')).toContain(message);
  });
});

describe('commit before processing, where the broker redelivers', () => {
  const of = (redelivery: string): string =>
    `consumers: { commit: before, redelivery: ${redelivery} }\nproducers: { messages: 10 }\n`;

  test('is refused with tries that never come', () => {
    for (const redelivery of ['{}', '{ attempts: 1, deadLetter: false }', '{ attempts: 0 }']) {
      expect(errorsOf(small(of(redelivery), '{ broker: redis }')).join('\n')).toContain(
        'consumers.redelivery: Redis Streams redelivers by itself, and nothing of what was acknowledged before',
      );
    }
  });

  test('goes without any, and where consumers make copies', () => {
    expect(() => load(small(of('{ attempts: 0, deadLetter: false }'), '{ broker: redis }'))).not.toThrow();
    expect(() => load(small(of('{}')))).not.toThrow();
  });
});
