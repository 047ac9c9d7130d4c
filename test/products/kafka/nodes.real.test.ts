/** Kafka nodes of ours: started, broken and started again. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import type { Node } from '../../../src/cluster/controls.ts';
import { driver } from '../../../src/products/kafka/driver.ts';
import { missingKafka, until } from '../../support/kafka.ts';
import { processesIn } from '../../support/processes.ts';
import { message, sendAll, seqOf } from './client/messages.ts';
import { type OwnKafka, ownKafka } from './own-cluster.ts';

const missing = missingKafka();
const signal = AbortSignal.timeout(900_000);
const channel = { name: 'numbers', groups: ['g'], partitions: 2 };

/** Sends each until it is acknowledged: on a slow machine leaders move without being asked to. */
async function send({ access }: OwnKafka, from: number, count: number): Promise<void> {
  const options = { channel, acks: 'all', oneway: false, idempotent: false, timeoutMs: 10_000, signal } as const;
  await using producer = await driver.producer(access, options);
  let left = Array.from({ length: count }, (_, i) => message(from + i, { partition: i % 2 }));
  await until('all are acknowledged', 90_000, async () => {
    const results = await sendAll(producer, left);
    left = left.filter((_, i) => results[i]?.outcome !== 'acked');
    return left.length === 0;
  });
}

async function readAll({ access }: OwnKafka): Promise<number[]> {
  const seqs: number[] = [];
  const reads = await driver.read?.(access, { channel, group: 'r', signal }, ({ value }) => seqs.push(seqOf(value)));
  expect(reads?.map(({ complete }) => complete)).toEqual([true, true]);
  return [...new Set(seqs)].sort((a, b) => a - b);
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

function nodeOf(cluster: Cluster, id: string): Node {
  const found = cluster.nodes.find((node) => node.id === id);
  if (found === undefined) throw new Error(`no node ${id}`);
  return found;
}

describe.skipIf(missing !== undefined)(
  `Kafka nodes${missing === undefined ? '' : ` (needs kafka: ${missing})`}`,
  () => {
    test('one node is killed, stopped and paused, and comes back with everything; a lost disk leaves it empty', async () => {
      await using kafka = await ownKafka();
      const cluster = await kafka.start();
      const { controls, address } = nodeOf(cluster, 'k1');
      await using admin = await driver.admin(kafka.access);
      await admin.declare(channel, signal);
      await send(kafka, 0, 100);
      expect(await controls.kill?.()).toMatchObject({ signal: 'SIGKILL' });
      const node = { id: 'k1', role: 'node', ...(address === undefined ? {} : { address }) } as const;
      expect(await driver.serves?.(node, kafka.access)).toBeUndefined();
      expect(await controls.start?.()).toMatchObject({ address, liveBrokers: 1 });
      expect(await readAll(kafka)).toEqual(numbers(0, 100));
      expect(await controls.stop?.()).toMatchObject({ exitCode: 143 });
      await controls.start?.();
      await controls.pause?.();
      expect(await driver.serves?.(node, kafka.access)).toBeUndefined();
      await controls.resume?.();
      await until('it serves again', 20_000, async () => (await driver.serves?.(node, kafka.access)) !== undefined);
      expect(await readAll(kafka)).toEqual(numbers(0, 100));

      expect(await controls.wipe?.()).toMatchObject({ removedFiles: expect.any(Number) });
      expect(existsSync(join(kafka.folder, 'k1/disks/data'))).toBe(false);
      await controls.start?.();
      // the topic is still there, for the metadata is on another disk, and takes messages again
      expect(await readAll(kafka)).toEqual([]);
      await send(kafka, 100, 50);
      expect(await readAll(kafka)).toEqual(numbers(100, 150));
      expect(kafka.states).not.toContain('k1 failed');
    });

    test('three nodes keep everything while each in turn is killed, stopped, or loses its disk', async () => {
      await using kafka = await ownKafka({ nodes: 3 });
      const cluster = await kafka.start();
      expect(cluster.nodes.map(({ id, role }) => [id, role])).toEqual(numbers(1, 4).map((i) => [`k${i}`, 'node']));
      await using admin = await driver.admin(kafka.access);
      await admin.declare(channel, signal);
      const inSync = () =>
        until('all are in sync', 60_000, async () => (await admin.lagging(channel.name, signal)).length === 0);
      let sent = 0;
      for (const [id, deed] of [
        ['k1', 'kill'],
        ['k2', 'wipe'],
        ['k3', 'stop'],
      ] as const) {
        await inSync();
        await send(kafka, sent, 100);
        sent += 100;
        const { controls } = nodeOf(cluster, id);
        await controls[deed]?.();
        await until('somebody else leads', 30_000, async () => {
          const leaders = await admin.leaders(channel.name, signal);
          return leaders.length === 2 && leaders.every(({ address }) => address !== nodeOf(cluster, id).address);
        });
        expect(await readAll(kafka)).toEqual(numbers(0, sent));
        expect(await controls.start?.()).toMatchObject({ address: nodeOf(cluster, id).address });
      }
      await inSync();
      expect(await readAll(kafka)).toEqual(numbers(0, sent));
      expect(kafka.states.filter((state) => state.endsWith('failed'))).toEqual([]);
    });

    test('what the profile says is what the brokers do', async () => {
      await using kafka = await ownKafka({
        nodes: 2,
        flush: 'every-message',
        minInsyncReplicas: 2,
        uncleanElection: true,
      });
      await kafka.start();
      const { Kafka, logLevel, ConfigResourceTypes } = (await import('kafkajs')).default;
      const admin = new Kafka({ brokers: [...kafka.access.bootstrap], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      await using ours = await driver.admin(kafka.access);
      await ours.declare(channel, signal);
      const { resources } = await admin.describeConfigs({
        resources: [{ type: ConfigResourceTypes.TOPIC, name: channel.name }],
        includeSynonyms: false,
      });
      const { topics } = await admin.fetchTopicMetadata({ topics: [channel.name] });
      await admin.disconnect();
      const values = new Map(
        resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
      );
      expect(values.get('min.insync.replicas')).toBe('2');
      expect(values.get('unclean.leader.election.enable')).toBe('true');
      expect(values.get('flush.messages')).toBe('1');
      expect(topics[0]?.partitions.map(({ replicas }) => replicas.length)).toEqual([2, 2]);
    });
  },
);

describe.skipIf(missing !== undefined)('Kafka nodes that do not start', () => {
  const failure = (kafka: OwnKafka): Promise<unknown> =>
    kafka.start().then(
      () => undefined,
      (error) => error,
    );

  test('a port in use: said, exit code 4', async () => {
    await using kafka = await ownKafka();
    const port = Number(kafka.specs[0]?.address?.split(':')[1]);
    const server = createServer().listen(port, '127.0.0.1');
    const error = await failure(kafka);
    server.close();
    expect(error).toMatchObject({ code: 'node-not-ready', exitCode: 4 });
    expect((error as Error).message).toMatch(/^node k1 ended with exit code 1: .*Address already in use/);
    expect(kafka.states).toEqual(['k1 starting', 'k1 failed']);
  });

  test('a broker that dies while it starts takes the others down with it, and says why', async () => {
    await using kafka = await ownKafka({ nodes: 3 }, (spec) =>
      spec.id === 'k2' ? { ...spec, args: [...spec.args.slice(0, -1), 'no-such.properties'] } : spec,
    );
    const error = await failure(kafka);
    expect(error).toMatchObject({ code: 'node-not-ready', exitCode: 4 });
    expect((error as Error).message).toMatch(/^node k2 ended with exit code 1: .*no-such\.properties/);
    expect(processesIn(kafka.folder)).toEqual([]);
  });

  test('a home without Kafka, of an old one, or that is not there: said, exit code 4', async () => {
    const home = mkdtempSync(join(tmpdir(), 'mqchaos-home-'));
    try {
      const refused = (): Promise<unknown> => ownKafka({ home }).catch((error: unknown) => error);
      expect(await refused()).toMatchObject({ code: 'program-missing', exitCode: 4 });
      mkdirSync(join(home, 'libs'));
      expect(await refused()).toMatchObject({ code: 'program-odd', exitCode: 4 });
      writeFileSync(join(home, 'libs/kafka_2.13-3.9.1.jar'), '');
      const old = await refused();
      expect(old).toMatchObject({ code: 'program-too-old', exitCode: 4, hint: 'mqchaos fetch kafka' });
      expect((old as Error).message).toContain('is version 3.9.1; at least 4.0 is needed');
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  test.each([
    { says: 'openjdk version "11.0.22" 2024-01-16', code: 'program-too-old' },
    { says: 'java version "1.8.0_392"', code: 'program-too-old' },
    { says: 'hello', code: 'program-odd' },
    { says: undefined, code: 'program-missing' },
  ])('a Java that says $says: $code, with the command that installs one', async ({ says, code }) => {
    const folder = mkdtempSync(join(tmpdir(), 'mqchaos-java-'));
    if (says !== undefined) {
      writeFileSync(join(folder, 'java'), `#!/bin/sh\necho '${says}' >&2\n`);
      chmodSync(join(folder, 'java'), 0o755);
    }
    vi.stubEnv('PATH', folder);
    try {
      const error: unknown = await ownKafka().catch((failed: unknown) => failed);
      expect(error).toMatchObject({ code, exitCode: 4, hint: expect.stringContaining('openjdk-17') });
    } finally {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    }
  });
});
