/** Outcomes of sends, against a scripted broker that does what no real one can be asked to. */
import { expect, test } from 'vitest';
import type { ProducerClient, ProducerOptions, SendResult } from '../../../../src/products/driver.ts';
import { produceErrors } from '../../../../src/products/kafka/client/errors.ts';
import { driver as kafka } from '../../../../src/products/kafka/driver.ts';
import { accessTo, channelOf } from '../../../support/access.ts';
import { until } from '../../../support/kafka.ts';
import { type ProduceRequest, scriptedBroker } from '../../../support/kafka-scripted.ts';
import { message, sendAll } from './messages.ts';

const topic = 'scripted';
const signal = AbortSignal.timeout(120_000);

function producerOf(bootstrap: string, options: Partial<ProducerOptions> = {}): Promise<ProducerClient> {
  const defaults = {
    channel: channelOf(topic),
    acks: 'all',
    oneway: false,
    idempotent: false,
    timeoutMs: 2_000,
    signal,
  } as const;
  return kafka.producer(accessTo([bootstrap]), { ...defaults, ...options });
}

const outcomes = { appended: 'acked', 'not-appended': 'rejected', degraded: 'degraded', unknown: 'unknown' } as const;

test.each(produceErrors)('answer $name ($code): $verdict', async ({ code, name, verdict }) => {
  await using broker = await scriptedBroker(topic, ({ answer }) => answer(code, 42));
  await using producer = await producerOf(broker.bootstrap);
  const result = await producer.send(message(1, { partition: 1 }));
  expect(result.outcome).toBe(outcomes[verdict]);
  if (result.outcome === 'acked') expect(result).toEqual({ outcome: 'acked', partition: 1, position: 42 });
  else expect(result).toMatchObject({ reason: name });
  expect(broker.produced).toHaveLength(1);
});

test('a code that is not in the table: unknown', async () => {
  await using broker = await scriptedBroker(topic, ({ answer }) => answer(101));
  await using producer = await producerOf(broker.bootstrap);
  expect(await producer.send(message(1))).toEqual({ outcome: 'unknown', reason: 'ERROR_101' });
});

test('appended, then the only broker dies before it answers: unknown, although kafkajs says ECONNREFUSED', async () => {
  await using broker = await scriptedBroker(topic, ({ socket }) => {
    broker.stopListening();
    socket.resetAndDestroy();
  });
  await using producer = await producerOf(broker.bootstrap);
  expect(await producer.send(message(1))).toEqual({ outcome: 'unknown', reason: 'no-answer' });
  expect(broker.produced).toHaveLength(1);
  // From now on nothing can be written, and that is proof.
  expect(await producer.send(message(2))).toMatchObject({ outcome: 'rejected', reason: 'not-written' });
});

test('an error of Metadata that replaces the lost answer is no verdict on the message', async () => {
  await using broker = await scriptedBroker(topic, ({ socket }) => {
    broker.topicError = 29;
    socket.destroy();
  });
  await using producer = await producerOf(broker.bootstrap);
  expect((await producer.send(message(1))).outcome).toBe('unknown');
});

test('no answer: unknown at the deadline; the late answer changes nothing', async () => {
  const requests: ProduceRequest[] = [];
  await using broker = await scriptedBroker(topic, (request) => requests.push(request));
  await using producer = await producerOf(broker.bootstrap, { timeoutMs: 300 });
  expect(await producer.send(message(1))).toEqual({ outcome: 'unknown', reason: 'deadline' });
  requests[0]?.answer(0);
  const next = producer.send(message(2));
  await until('the second request arrives', 5_000, () => requests.length === 2);
  requests[1]?.answer(0, 5);
  expect(await next).toMatchObject({ outcome: 'acked', position: 5 });
});

test('a deadline before anything was written: rejected, and it is never written afterwards', async () => {
  await using broker = await scriptedBroker(topic, ({ seq, answer, socket }) => {
    if (seq !== 1) return answer(0);
    broker.deaf = true;
    socket.end();
  });
  await using producer = await producerOf(broker.bootstrap, { timeoutMs: 300 });
  expect((await producer.send(message(1))).outcome).toBe('unknown');
  // kafkajs asks for Metadata before it writes again, and nobody answers that.
  const late = await sendAll(producer, [message(2), message(3)]);
  expect(late.map(({ outcome }) => outcome)).toEqual(['rejected', 'rejected']);
  broker.deaf = false;
  let after: SendResult = { outcome: 'rejected', reason: '' };
  await until('sends work again', 10_000, async () => {
    after = await producer.send(message(4));
    return after.outcome === 'acked';
  });
  expect(broker.produced.map(({ seq }) => seq).filter((seq) => seq === 2 || seq === 3)).toEqual([]);
});

test('one call is one Produce request, whatever goes wrong', async () => {
  let count = 0;
  await using broker = await scriptedBroker(topic, ({ answer, socket }) => {
    count += 1;
    if (count % 5 === 0) socket.resetAndDestroy();
    else answer([0, 6, 7, 19][count % 4] ?? 0);
  });
  await using producer = await producerOf(broker.bootstrap, { timeoutMs: 1_000 });
  for (let round = 0; round < 10; round++) {
    await sendAll(
      producer,
      Array.from({ length: 20 }, (_, index) => message(round * 20 + index)),
    );
  }
  const seqs = broker.produced.map(({ seq }) => seq);
  expect(new Set(seqs).size).toBe(seqs.length);
});

test('idempotent: kafkajs may repeat an attempt once, and a refusal of the repeat proves nothing', async () => {
  await using broker = await scriptedBroker(topic, ({ answer, socket }) => {
    if (broker.produced.length === 1) socket.resetAndDestroy();
    else answer(45);
  });
  await using producer = await producerOf(broker.bootstrap, { idempotent: true });
  expect(await producer.send(message(1))).toEqual({ outcome: 'unknown', reason: 'written-twice' });
  expect(broker.produced).toHaveLength(2);
});

test('oneway: sent when written, rejected when it cannot be', async () => {
  await using broker = await scriptedBroker(topic, () => {});
  await using producer = await producerOf(broker.bootstrap, { oneway: true });
  expect(await producer.send(message(1))).toEqual({ outcome: 'sent' });
  await until('it arrives', 5_000, () => broker.produced.length === 1);
  broker.stopListening();
  for (const { socket } of broker.produced) socket.destroy();
  await until('the connection is gone', 5_000, async () => (await producer.send(message(2))).outcome === 'rejected');
});

test.each([{ oneway: false }, { oneway: true }])(
  'a partition that kafkajs does not know, oneway $oneway: it reports success, and nothing was sent: rejected',
  async ({ oneway }) => {
    await using broker = await scriptedBroker(topic, ({ answer }) => answer(0));
    await using producer = await producerOf(broker.bootstrap, { oneway });
    const result = await producer.send(message(1, { partition: 5 }));
    expect(result).toEqual({ outcome: 'rejected', reason: 'not-written' });
    expect(broker.produced).toEqual([]);
  },
);

test('nobody listens: the producer is made all the same, and rejects', async () => {
  const broker = await scriptedBroker(topic, () => {});
  await broker[Symbol.asyncDispose]();
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 500);
  await using producer = await producerOf(broker.bootstrap, { signal: stop.signal });
  expect(await producer.send(message(1))).toEqual({ outcome: 'rejected', reason: 'not-connected' });
});

test('idempotent without acknowledgement of all: refused before anything starts', async () => {
  await using broker = await scriptedBroker(topic, () => {});
  const refused = producerOf(broker.bootstrap, { idempotent: true, acks: 'one' });
  await expect(refused).rejects.toMatchObject({ code: 'idempotent-acks', exitCode: 2 });
});
