/** TLS and SASL against a real broker. The key in tls/broker.pem was made for this test and guards nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BrokerAccess } from '../../../../src/products/driver.ts';
import { driver as kafka } from '../../../../src/products/kafka/driver.ts';
import { accessTo, channelOf } from '../../../support/access.ts';
import { missingKafka, type RealKafka, startKafka } from '../../../support/kafka.ts';
import { message, seqOf } from '../client/messages.ts';

const missing = missingKafka();
const signal = AbortSignal.timeout(300_000);
const ca = readFileSync(join(import.meta.dirname, '../../../support/tls/cert.pem'), 'utf8');

describe.skipIf(missing !== undefined)(`TLS and SASL ${missing ? `(needs Kafka: ${missing})` : ''}`, () => {
  let broker: RealKafka;
  beforeAll(async () => {
    broker = await startKafka();
  });
  afterAll(() => broker?.[Symbol.asyncDispose]());

  const access = (mechanism: 'plain' | 'scram-sha-512', password: string, tls = true): BrokerAccess => ({
    ...accessTo([broker.secured]),
    clientId: 'test',
    ...(tls ? { tls: { ca } } : {}),
    sasl: { mechanism, username: 'alice', password },
  });

  test.each(['plain', 'scram-sha-512'] as const)('%s: admin, producer, consumer and reader', async (mechanism) => {
    const secured = access(mechanism, 'secret');
    const topic = `secured-${mechanism}`;
    await using admin = await kafka.admin(secured);
    await admin.declare(channelOf(topic, 1), signal);
    await using producer = await kafka.producer(secured, {
      channel: channelOf(topic),
      acks: 'all',
      oneway: false,
      idempotent: false,
      timeoutMs: 5_000,
      signal,
    });
    expect(await producer.send(message(1))).toEqual({ outcome: 'acked', partition: 0, position: 0 });
    const seen: number[] = [];
    await kafka.read?.(secured, { channel: channelOf(topic), group: 'reader', signal }, ({ value }) =>
      seen.push(seqOf(value)),
    );
    expect(seen).toEqual([1]);
    await using consumer = await kafka.consumer(secured, {
      ...{ channel: channelOf(topic), group: topic, sessionTimeoutMs: 3_000 },
      ...{ settleOnDelivery: false, signal },
    });
    await new Promise<void>((received, failed) => {
      const batch = async (): Promise<void> => received();
      consumer.start({ batch, assigned: () => {}, revoked: () => {}, failed }).catch(failed);
    });
  });

  test.each(['plain', 'scram-sha-512'] as const)('%s with a wrong password: exit 4', async (mechanism) => {
    const refused = kafka.admin(access(mechanism, 'wrong'));
    await expect(refused).rejects.toMatchObject({ exitCode: 4, hint: expect.stringContaining('password') });
    await using consumer = await kafka.consumer(access(mechanism, 'wrong'), {
      channel: channelOf('t'),
      group: 'g',
      sessionTimeoutMs: 3_000,
      settleOnDelivery: false,
      signal,
    });
    const joining = consumer.start({ batch: async () => {}, assigned: () => {}, revoked: () => {}, failed: () => {} });
    await expect(joining).rejects.toMatchObject({ exitCode: 4 });
  });

  test('without TLS where it is wanted, and with it where it is not: exit 4, with a hint', async () => {
    await expect(kafka.admin(access('plain', 'secret', false))).rejects.toMatchObject({
      exitCode: 4,
      hint: expect.stringContaining('TLS'),
    });
    const plain = accessTo([broker.bootstrap], { tls: { ca } });
    await expect(kafka.admin(plain)).rejects.toMatchObject({ exitCode: 4, hint: expect.stringContaining('TLS') });
  });

  test('a session timeout that the broker does not allow: exit 4, and what to change', async () => {
    const open = accessTo([broker.bootstrap]);
    await using admin = await kafka.admin(open);
    await admin.declare(channelOf('sessions', 1), signal);
    await using consumer = await kafka.consumer(open, {
      ...{ channel: channelOf('sessions'), group: 'g', sessionTimeoutMs: 200 },
      ...{ settleOnDelivery: false, signal },
    });
    const joining = consumer.start({ batch: async () => {}, assigned: () => {}, revoked: () => {}, failed: () => {} });
    await expect(joining).rejects.toMatchObject({
      exitCode: 4,
      hint: expect.stringContaining('group.min.session.timeout.ms'),
    });
  });
});
