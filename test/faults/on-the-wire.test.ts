/** Faults on requests and answers: the rule that each asks a link for, when it is over, and when it has not fired. */
import { describe, expect, it, test } from 'vitest';
import type { Controlled, Controls } from '../../src/cluster/controls.ts';
import type { Fault } from '../../src/faults/fault.ts';
import { findFault } from '../../src/faults/registry.ts';
import { FaultWindow } from '../../src/faults/window.ts';
import type { WireRule } from '../../src/link/wire/rule.ts';
import { noAbort } from '../../src/wait.ts';
import { errorsOf } from '../profile/written.ts';

type Order = Parameters<NonNullable<Controls['wire']>>[0];

/** A window on a link that has done so much by the time it is asked. */
function windowOf(name: string, parameters: Record<string, unknown>, done: readonly number[], forMs?: number) {
  const orders: Order[] = [];
  const steps: string[] = [];
  let asked = 0;
  const wire = async (order: Order) => {
    orders.push(order);
    if (order !== null && order !== 'report') return { inForce: ['b1'] };
    const now = done[Math.min(asked, done.length - 1)] ?? 0;
    if (order === 'report') asked += 1;
    return { inForce: [], report: { met: 9, done: now, unread: 0, by: {}, log: [] } };
  };
  const target: Controlled = { id: 'b1', controls: { wire } };
  const window = new FaultWindow({
    plan: {
      ...{ id: 'f1', do: name as never, target: { type: 'nodes', nodes: ['b1'] } },
      ...{ trigger: { type: 'time', afterMs: 0 }, parameters },
      ...(forMs === undefined ? {} : { forMs }),
    },
    ...{ fault: findFault(name) as Fault, targets: [target], seed: 7, over: noAbort },
    record: (step, { error }) => steps.push(error === undefined ? step : `${step}: ${error}`),
  });
  return { window, orders, steps };
}

describe('a fault on requests and answers', () => {
  it('is over when it was done as often as it names', async () => {
    const { window, orders, steps } = windowOf('lost-answer', { times: 3 }, [1, 2, 3], 3_600_000);
    await window.inject();
    await window.hold(() => true);
    await window.heal();
    expect(orders[0]).toMatchObject({ api: 'produce', times: 3, deed: { type: 'lose-answer', connection: 'closes' } });
    expect(orders.slice(1)).toEqual(['report', 'report', 'report', null]);
    expect(steps).toEqual(['injecting', 'injected', 'healing', 'healed']);
  });

  it('has failed when its time is over before that, healed as it is', async () => {
    const { window, steps } = windowOf('lost-answer', { times: 3 }, [1], 20);
    await window.inject();
    await window.hold(() => true);
    await window.heal();
    expect(steps.slice(2)).toEqual(['healing', 'healed', 'failed: done 1 of 3 times at b1: 9 requests were met']);
  });

  it('without a number has failed when nothing was done', async () => {
    const { window, steps } = windowOf('delayed-answer', {}, [0]);
    await window.inject();
    await window.heal();
    expect(steps.at(-1)).toBe('failed: nothing was done at b1: 9 requests were met');
  });

  it('differs by its id in what is drawn', async () => {
    const seeds = await Promise.all(
      ['f1', 'f2'].map(async (id) => {
        const { window, orders } = windowOf('lost-answer', { share: '10%' }, [1]);
        await (findFault('lost-answer') as Fault).inject(window.targets, {
          ...{ id, seed: 7, parameters: { share: '10%' }, signal: noAbort },
        });
        const [rule] = orders as readonly WireRule[];
        expect(rule?.share).toBeCloseTo(0.1);
        return rule?.seed;
      }),
    );
    expect(new Set(seeds).size).toBe(2);
  });
});

const refused: readonly (readonly [cluster: string, fault: string, ...said: string[]])[] = [
  [
    'rabbitmq',
    'do: error-answer',
    'faults[0].do: links read of AMQP 0-9-1 only which publish a confirm is for; that can be lost-answer or delayed-answer',
  ],
  ['rabbitmq', 'do: lost-answer, api: publich', "faults[0].api: no 'publich' of AMQP's has an answer that links know"],
  ['rabbitmq', 'do: lost-answer, partition: 1', 'faults[0].partition: an exchange has none'],
  [
    'nats',
    'do: error-answer',
    'faults[0].do: error-answer needs a protocol that links can read; that of NATS JetStream is none',
  ],
  [
    'bundled',
    'do: lost-answer, api: produse',
    "faults[0].api: no request 'produse' of Kafka's; did you mean 'produce'?",
  ],
  ['bundled', 'do: error-answer, error: NOT_LEADER', "faults[0].error: no error 'NOT_LEADER' of Kafka's"],
  [
    'bundled',
    'do: error-answer, api: sasl-handshake',
    "faults[0].api: 'sasl-handshake' is answered with no error here",
  ],
  [
    'bundled',
    'do: lost-answer, api: heartbeat, topic: t',
    "faults[0].topic: 'heartbeat' is about no partition of a topic",
  ],
];

test.each(refused)('before anything starts: %s, %s', (broker, fault, said) => {
  const lines = errorsOf(
    `version: 1\nname: x\nquestion: Is it refused?\ncluster: { broker: ${broker} }\nfaults: [{ at: 50%, target: one, ${fault} }]\n`,
  );
  expect(
    lines.some((line) => line.includes(said)),
    lines.join('\n'),
  ).toBe(true);
});
