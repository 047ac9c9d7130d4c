import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { connectPeer, type Peer } from '../../../src/broker/rpc/peer.ts';
import { listOffsets } from '../../../src/broker/wire/apis/records.ts';
import { metadata } from '../../../src/broker/wire/apis/topics.ts';
import { realWorld } from '../../../src/broker/world/real.ts';
import { after } from '../support/nodes.ts';

/** What is stored in a partition, as librdkafka reads it. */
export interface StoredPartition {
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
  /** Over all offsets, keys, values and times. */
  readonly digest: string;
}

const limitMs = 30_000;

/**
 * Reads everything that is stored with librdkafka, which checks each checksum and decompresses and parses each batch.
 * @param port of the node that leads every partition
 * @param only the one topic to read; all of them by default
 * @throws when librdkafka stumbles, or finds fewer records than the broker says there are
 */
export async function readBack(port: number, only?: string): Promise<StoredPartition[]> {
  await using peer = await connectPeer(
    realWorld('.', () => {}),
    '127.0.0.1',
    port,
    limitMs,
  );
  const found: StoredPartition[] = [];
  for (const { topic, partition } of await settledPartitions(peer)) {
    if (only !== undefined && topic !== only) continue;
    const [low, high] = [await offsetAt(peer, topic, partition, -2), await offsetAt(peer, topic, partition, -1)];
    found.push({ topic, partition, ...(await read(port, topic, partition, high - low)) });
  }
  return found;
}

/** All partitions, once no request that is still in progress makes or deletes any. */
async function settledPartitions(peer: Peer): Promise<{ topic: string; partition: number }[]> {
  for (let before = ''; ; await after(2000)) {
    const { topics } = await peer.call(metadata, { ...metadata.request.zero, topics: null }, limitMs);
    const now = topics.flatMap(({ name, partitions }) =>
      partitions.map(({ index }) => ({ topic: name ?? '', partition: index })),
    );
    if (JSON.stringify(now) === before) return now;
    before = JSON.stringify(now);
  }
}

async function offsetAt(peer: Peer, name: string, index: number, timestampMs: number): Promise<number> {
  const asked = {
    ...listOffsets.request.zero,
    topics: [{ name, partitions: [{ index, currentLeaderEpoch: -1, timestampMs }] }],
  };
  const answer = (await peer.call(listOffsets, asked, limitMs)).topics[0]?.partitions[0];
  if (answer?.errorCode !== 0) throw new Error(`offsets of ${name}/${index}: error ${answer?.errorCode}`);
  return answer.offset;
}

async function read(port: number, topic: string, partition: number, due: number) {
  const place = ['-b', `127.0.0.1:${port}`, '-C', '-t', topic, '-p', String(partition), '-o', 'beginning', '-e', '-q'];
  const format = ['-f', '%o %T %K %k %S %s\n\u0003', '-X', 'check.crcs=true'];
  const child = spawn('kcat', [...place, ...format], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 });
  const hash = createHash('sha256');
  let records = 0;
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    for (const byte of chunk) if (byte === 3) records += 1;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0 || errors !== '' || records < due) {
    throw new Error(`kcat reads ${records} of ${due} records of ${topic}/${partition}, exit ${code}: ${errors}`);
  }
  return { records, digest: hash.digest('hex') };
}
