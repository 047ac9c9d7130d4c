/** Kafka nodes of ours: started, broken and started again. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { driver } from '../../../src/products/kafka/driver.ts';
import { missingKafka } from '../../support/kafka.ts';
import { message, sendAll, seqOf } from './client/messages.ts';
import { type OwnKafka, ownKafka } from './own-cluster.ts';

const missing = missingKafka();
const signal = AbortSignal.timeout(600_000);

const channel = { name: 'numbers', groups: ['g'], partitions: 2 };

async function send({ access }: OwnKafka, from: number, count: number): Promise<string[]> {
  const options = { channel, acks: 'all', oneway: false, idempotent: false, timeoutMs: 5_000, signal } as const;
  await using producer = await driver.producer(access, options);
  const messages = Array.from({ length: count }, (_, i) => message(from + i, { partition: i % 2 }));
  return (await sendAll(producer, messages)).map(({ outcome }) => outcome);
}

async function readAll({ access }: OwnKafka): Promise<number[]> {
  const seqs: number[] = [];
  const reads = await driver.read?.(access, { channel, group: 'r', signal }, ({ value }) => seqs.push(seqOf(value)));
  expect(reads?.map(({ complete }) => complete)).toEqual([true, true]);
  return seqs.sort((a, b) => a - b);
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe.skipIf(missing !== undefined)(`Kafka nodes${missing === undefined ? '' : ` (skipped: needs kafka: ${missing})`}`, () => {
  test('one node: starts, is killed, comes back with everything; a lost disk leaves it empty and serving', async () => {
    await using kafka = await ownKafka();
    const cluster = await kafka.start();
    const [node] = cluster.nodes;
    await using admin = await driver.admin(kafka.access);
    await admin.declare(channel, signal);
    expect(new Set(await send(kafka, 0, 100))).toEqual(new Set(['acked']));
    expect(await node?.controls.kill?.()).toMatchObject({ signal: 'SIGKILL' });
    const back = await node?.controls.start?.();
    console.log('back', back);
    expect(back).toMatchObject({ address: node?.address, liveBrokers: 1 });
    expect(await readAll(kafka)).toEqual(numbers(0, 100));
    console.log(await node?.controls.wipe?.());
    expect(existsSync(join(kafka.folder, 'k1/data'))).toBe(false);
    console.log(await node?.controls.start?.());
    expect(await readAll(kafka)).toEqual([]);
    expect(new Set(await send(kafka, 100, 50))).toEqual(new Set(['acked']));
    expect(await readAll(kafka)).toEqual(numbers(100, 150));
    console.log(kafka.states, readdirSync(join(kafka.folder, 'k1'), { recursive: true }));
    console.log(readFileSync(join(kafka.folder, 'k1/stderr.log'), 'utf8'));
  });
});
