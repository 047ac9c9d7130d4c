import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/journal/event.ts';
import type { OutgoingMessage, SendResult } from '../../src/products/driver.ts';
import { decodeEnvelope, runTag } from '../../src/products/envelope.ts';
import { acked, ProducerStand, ScriptedClient } from './support/scripted-client.ts';

const unknown: SendResult = { outcome: 'unknown', reason: 'deadline' };
const rejected: SendResult = { outcome: 'rejected', reason: 'not-written' };

function outcomesOf(events: readonly Event[]): Extract<Event, { kind: 'outcome' }>[] {
  return events.filter((event) => event.kind === 'outcome');
}

describe('the write order', () => {
  it.each([
    ['sync', 1],
    ['async', 10],
    ['oneway', 10],
  ] as const)('%s: each attempt is in the kernel before its send begins, retries too', async (send, window) => {
    const late: OutgoingMessage[] = [];
    const client = new ScriptedClient((message) => {
      const intent = stand
        .onDisk()
        .find((e) => e.kind === 'intended' && e.seq === message.seq && e.attempt === message.attempt);
      if (intent?.kind !== 'intended' || intent.partition !== message.partition || intent.producer !== 3)
        late.push(message);
      return message.attempt < 3 && message.seq % 2 === 0 ? unknown : acked(message);
    });
    using stand = new ProducerStand(client, { send, window, retries: 3 });
    expect(await stand.run()).toBe(true);
    expect(late).toEqual([]);
    expect(client.sent).toHaveLength(20 + 10 * 2);
  });

  it('attempts are dense and rise: first attempts are 0, 1, 2 … in the journal', async () => {
    using stand = new ProducerStand(new ScriptedClient(acked), { messages: 300 });
    await stand.run();
    const first = stand.onDisk().flatMap((event) => (event.kind === 'intended' ? [event.seq] : []));
    expect(first).toEqual(Array.from({ length: 300 }, (_, seq) => seq));
  });
});

describe('the window', () => {
  it('sync: one message at a time, the next after the outcome', async () => {
    const client = new ScriptedClient(acked);
    using stand = new ProducerStand(client, { send: 'sync', window: 50 });
    await stand.run();
    expect([client.mostInFlight, client.sent.map(({ seq }) => seq)]).toEqual([
      1,
      Array.from({ length: 20 }, (_, i) => i),
    ]);
  });

  it('async: full, and never more; a message that waits for its retry keeps its place', async () => {
    const client = new ScriptedClient((message) =>
      message.seq === 0 && message.attempt < 4 ? unknown : acked(message),
    );
    using stand = new ProducerStand(client, { window: 7, messages: 100, retries: 3 });
    await stand.run();
    expect(client.mostInFlight).toBe(7);
    expect(stand.producer.counters()).toEqual({
      attempted: 100,
      acked: 100,
      failed: 0,
      retried: 3,
      received: 0,
      inHand: 0,
      unknown: 3,
    });
  });

  it('one send that never ends blocks a window of one, and only its place in a wider one', async () => {
    const client = new ScriptedClient((message) => (message.seq === 0 ? new Promise(() => {}) : acked(message)));
    using stand = new ProducerStand(client, { window: 2, messages: 50 });
    void stand.run();
    await expect.poll(() => client.sent.length).toBe(50);
    expect(client.mostInFlight).toBe(2);
  });
});

describe('retries', () => {
  it('counts: retries after the first try, each an attempt of its own, then the message failed', async () => {
    const client = new ScriptedClient(() => rejected);
    using stand = new ProducerStand(client, { messages: 3, retries: 2 });
    expect(await stand.run()).toBe(true);
    expect(client.sent.map(({ seq, attempt }) => `${seq}/${attempt}`).sort()).toEqual([
      '0/1',
      '0/2',
      '0/3',
      '1/1',
      '1/2',
      '1/3',
      '2/1',
      '2/2',
      '2/3',
    ]);
    expect(stand.producer.counters()).toEqual({
      attempted: 3,
      acked: 0,
      failed: 3,
      retried: 6,
      received: 0,
      inHand: 0,
      unknown: 0,
    });
  });

  it('wait for their delay', async () => {
    const at: number[] = [];
    const client = new ScriptedClient((message) => {
      at.push(performance.now());
      return message.attempt === 1 ? unknown : acked(message);
    });
    using stand = new ProducerStand(client, { messages: 1, retries: 1, retryDelayMs: 60 });
    await stand.run();
    expect((at[1] as number) - (at[0] as number)).toBeGreaterThanOrEqual(60);
  });

  it('go to a partition of another broker, if the plan says so and there is one', async () => {
    const tries = async (another: boolean, routes: string[]): Promise<boolean[]> => {
      const client = new ScriptedClient((m) => (m.attempt === 1 ? rejected : acked(m)), routes);
      using stand = new ProducerStand(client, { messages: 40, retries: 1, retryAnotherBroker: another });
      await stand.run();
      const first = new Map(client.sent.filter((m) => m.attempt === 1).map((m) => [m.seq, m.partition]));
      return client.sent
        .filter((m) => m.attempt === 2)
        .map((m) => routes[m.partition as number] !== routes[first.get(m.seq) as number]);
    };
    expect(new Set(await tries(true, ['a', 'b', 'a', 'b']))).toEqual(new Set([true]));
    expect(new Set(await tries(true, ['a', 'a', 'a', 'a']))).toEqual(new Set([false]));
    expect(new Set(await tries(false, ['a', 'b', 'a', 'b']))).toEqual(new Set([false]));
  });

  it('carry their attempt and partition in the message itself', async () => {
    const client = new ScriptedClient((m) => (m.attempt === 1 ? rejected : acked(m)));
    using stand = new ProducerStand(client, { retries: 1, retryAnotherBroker: true });
    await stand.run();
    for (const { value, producer, seq, attempt, partition } of client.sent) {
      const envelope = decodeEnvelope(value, runTag('r'));
      expect(envelope).toMatchObject({ producer, seq, attempt, partition, ours: true, bodyGood: true });
      expect(value).toHaveLength(100);
    }
  });
});

describe('outcomes', () => {
  it('are written down as they were answered', async () => {
    const answers: readonly SendResult[] = [
      { outcome: 'acked', partition: 2, position: 77, epoch: 4 },
      { outcome: 'degraded', partition: 1, position: 5, reason: 'FLUSH_DISK_TIMEOUT' },
      { outcome: 'rejected', reason: 'not-written' },
      { outcome: 'unknown', reason: 'deadline' },
      { outcome: 'sent' },
    ];
    const client = new ScriptedClient(({ seq }) => answers[seq] as SendResult);
    using stand = new ProducerStand(client, { messages: answers.length });
    await stand.run();
    const events = stand.onDisk();
    const names = new Map(events.flatMap((event) => (event.kind === 'name' ? [[event.id, event.text] as const] : [])));
    const told = outcomesOf(events)
      .sort((a, b) => a.seq - b.seq)
      .map(({ outcome, partition, position, epoch, error }) => [
        outcome,
        partition,
        position,
        epoch,
        names.get(error ?? -1),
      ]);
    expect(told).toEqual([
      ['acked', 2, 77, 4, undefined],
      ['degraded', 1, 5, undefined, 'FLUSH_DISK_TIMEOUT'],
      ['rejected', undefined, undefined, undefined, 'not-written'],
      ['unknown', undefined, undefined, undefined, 'deadline'],
      ['sent', undefined, undefined, undefined, undefined],
    ]);
    expect(stand.producer.counters()).toMatchObject({ attempted: 5, acked: 1, failed: 4 });
  });

  it('degraded and sent are not tried again', async () => {
    const client = new ScriptedClient(({ seq, partition }) =>
      seq % 2 === 0 ? { outcome: 'sent' } : { outcome: 'degraded', partition: partition as number, reason: 'r' },
    );
    using stand = new ProducerStand(client, { retries: 3 });
    await stand.run();
    expect(client.sent).toHaveLength(20);
  });
});

describe('stop', () => {
  it('settles what is in flight and begins nothing new, not even a retry', async () => {
    const open: (() => void)[] = [];
    const client = new ScriptedClient(
      (message) => new Promise((resolve) => open.push(() => resolve(message.seq === 0 ? unknown : acked(message)))),
    );
    using stand = new ProducerStand(client, { messages: 1000, window: 5, retries: 5 });
    const run = stand.run();
    await expect.poll(() => open.length).toBe(5);
    stand.stop();
    await delay(20);
    for (const settle of open) settle();
    expect(await run).toBe(false);
    expect(client.sent).toHaveLength(5);
    expect(outcomesOf(stand.onDisk())).toHaveLength(5);
    expect(stand.producer.counters()).toMatchObject({ attempted: 5, acked: 4, failed: 1, retried: 0 });
  });

  it('gives up messages that wait for a retry', async () => {
    const client = new ScriptedClient(() => unknown);
    using stand = new ProducerStand(client, { messages: 3, window: 3, retries: 5, retryDelayMs: 60_000 });
    const run = stand.run();
    await expect.poll(() => stand.producer.counters().retried).toBe(3);
    stand.stop();
    expect(await run).toBe(true);
    expect(client.sent).toHaveLength(3);
    expect(stand.producer.counters()).toMatchObject({ attempted: 3, acked: 0, failed: 3 });
  });
});
