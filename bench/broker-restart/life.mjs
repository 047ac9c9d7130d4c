// One life of a store, in a process of its own: `fill FOLDER COUNT` stores single-record batches and dies without a clean
// stop, `open FOLDER` recovers. Both print one JSON line.
import { CommittedOffsets } from '../../dist/broker/groups/committed.js';
import { Store } from '../../dist/broker/store/store.js';
import { crc32c } from '../../dist/broker/wire/crc32c.js';
import { realWorld } from '../../dist/broker/world/real.js';

const [role, folder, count = '0'] = process.argv.slice(2);
const settings = {
  segmentBytes: 64 * 2 ** 20,
  cacheBytes: 32 * 2 ** 20,
  checkpointBytes: 64 * 2 ** 20,
  flush: 'async',
  flushIntervalMs: 500,
  thoroughFlushIntervalMs: 10_000,
  replication: 'async',
};
const topic = 'ab'.repeat(16);
const partitions = 16;
const payloadBytes = 100;
const headerBytes = 61;

const world = realWorld(folder, (line) => console.error(line));
await world.disk.lock();
const startedAtMs = performance.now();
const store = await Store.open(world, settings, new CommittedOffsets());
const openMs = performance.now() - startedAtMs;
store.log.beginEpoch(store.log.epochs.last);

if (role === 'fill') {
  const inFlight = 10_000;
  for (let done = 0; done < Number(count); done += inFlight) {
    const batches = Array.from({ length: Math.min(inFlight, Number(count) - done) }, (_, index) =>
      append(done + index),
    );
    await Promise.all(batches);
  }
}

const fillMs = performance.now() - startedAtMs - openMs;
globalThis.gc?.();
const mb = (bytes) => Math.round(bytes / 2 ** 20);
const rssMb = mb(process.memoryUsage().rss);
const readMs = role === 'open' ? await readEverywhere() : 0;
const { from, checkpoint, entries, bytes } = store.recovery;
const result = {
  openMs: Math.round(openMs),
  fillMs: Math.round(fillMs),
  readMs: Math.round(readMs),
  rssMb,
  peakMb: mb(process.resourceUsage().maxRSS * 1024),
  logMb: mb(store.log.end),
  messages: Array.from({ length: partitions }, (_, index) => store.partition(topic, index).endOffset).reduce(
    (a, b) => a + b,
  ),
  recovery: { from, checkpoint, entries, bytes },
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.kill(process.pid, 'SIGKILL'));

function append(number) {
  const batch = Buffer.alloc(headerBytes + payloadBytes, 'x');
  batch.fill(0, 0, headerBytes);
  batch.writeInt32BE(batch.length - 12, 8);
  batch[16] = 2;
  batch.writeBigInt64BE(BigInt(number), 27);
  batch.writeBigInt64BE(BigInt(number), 35);
  batch.fill(0xff, 43, 57);
  batch.writeInt32BE(1, 57);
  batch.writeUInt32BE(crc32c(batch, 21), 17);
  const header = {
    baseOffset: 0,
    sizeBytes: batch.length,
    count: 1,
    maxTimestampMs: number,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
  };
  return store.partition(topic, number % partitions).append(store.log, batch, header);
}

/** A read at a thousand places of each partition: whatever is cached is bounded. */
async function readEverywhere() {
  const beganAtMs = performance.now();
  for (let index = 0; index < partitions; index++) {
    const partition = store.partition(topic, index);
    for (let place = 0; place < 1000; place++) {
      const offset = Math.floor((partition.highWatermark * place) / 1000);
      if (partition.highWatermark === 0) continue;
      const [batch] = await partition.read(store.log, offset, 1, true);
      if (Number(batch?.readBigInt64BE(0)) !== offset) throw new Error(`offset ${offset} of ${index} is not there`);
    }
  }
  return performance.now() - beganAtMs;
}
