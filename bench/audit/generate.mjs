/**
 * usage: node generate.mjs FOLDER MESSAGES
 * A run's journals with a truth that is known: 8 producers, 16 partitions, 2 consumers of one group, 10 fault windows,
 * 100,000 messages a second of made-up time. 2 % are delivered again (some twice), 0.01–0.1 % acked and lost, 0.05 %
 * rejected and 0.05 % unknown (10 % and 50 % of them delivered), 0.3 % out of order, phantoms and damaged bodies.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { kinds, none16, noPosition } from '../../dist/journal/event.js';
import { encodeHeader } from '../../dist/journal/header.js';
import { packDelivery, putRecord } from '../../dist/journal/record.js';
import { JournalWriter } from '../../dist/journal/writer.js';

const [folder, count] = process.argv.slice(2);
const messages = Number(count);
const producers = 8;
const partitions = 16;
const slotNs = 10_000;
mkdirSync(folder, { recursive: true });

const header = (role, writer, producer) => ({
  run: 'bench',
  role,
  writer,
  ...(producer === undefined ? {} : { producer }),
  clock: { source: 'monotonic', bootId: 'bench', baseNs: '0', wall: '2026-01-01T00:00:00Z' },
  topic: 'bench',
  partitions,
  groups: ['g'],
  positions: 'partition',
});

class File {
  constructor(role, writer, producer) {
    this.name = writer;
    this.role = role;
    this.fd = openSync(join(folder, `${writer}.journal`), 'wx');
    writeSync(this.fd, encodeHeader(header(role, writer, producer)));
    this.words = new Int32Array(1 << 18);
    this.bytes = new Uint8Array(this.words.buffer);
    this.at = 0;
    this.records = 0;
  }
  put(kind, code, producer, seq, ns, session, position, partition, value, attempt, group, epoch) {
    putRecord(
      this.words,
      this.at,
      kind,
      code,
      producer,
      seq,
      ns,
      session,
      position,
      partition,
      value,
      attempt,
      group,
      epoch,
    );
    this.at += 8;
    this.records += 1;
    if (this.at === this.words.length) this.flush();
  }
  flush() {
    writeSync(this.fd, this.bytes, 0, this.at * 4);
    this.at = 0;
  }
  close() {
    this.put(kinds.mark, 0, none16, 0, 0, none16, this.records, none16, 0, 0, 255, 255);
    this.flush();
    closeSync(this.fd);
  }
}

const hash = (n) => {
  let x = n;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
};
const totalNs = messages * slotNs;
const faults = Array.from({ length: 10 }, (_, at) => ({
  fromNs: Math.floor(totalNs * (0.05 + at * 0.095)),
  toNs: Math.floor(totalNs * (0.06 + at * 0.095)),
}));
const sends = Array.from({ length: producers }, (_, producer) => new File('producer', `p${producer}`, producer));
const receipts = [0, 1].map((at) => new File('consumer', `c${at}`));
const truth = {
  attempted: 0,
  acked: 0,
  rejected: 0,
  unknown: 0,
  deliveries: 0,
  lost: 0,
  duplicateDelivered: 0,
  extraDeliveries: 0,
  recovered: 0,
  contradicted: 0,
  undelivered: 0,
  phantom: 0,
  corrupt: 0,
  reordered: 0,
};
const outcomeCodes = [0, 2, 3];

// A wheel of slots: what is due when. Event types: 0 acked, 1 rejected, 2 unknown, 3 received, 4 again, 5 phantom.
const slots = 1 << 17;
const pool = 1 << 19;
const head = new Int32Array(slots).fill(-1);
const tail = new Int32Array(slots).fill(-1);
const next = new Int32Array(pool);
const due = new Int32Array(pool);
const type = new Uint8Array(pool);
for (let at = 0; at < pool; at += 1) next[at] = at + 1 < pool ? at + 1 : -1;
let free = 0;
const schedule = (slot, message, kind) => {
  const at = slot % slots;
  const node = free;
  if (node < 0) throw new Error('pool too small');
  free = next[node];
  due[node] = message;
  type[node] = kind;
  next[node] = -1;
  if (head[at] < 0) head[at] = node;
  else next[tail[at]] = node;
  tail[at] = node;
};
const sentNs = (message) => message * slotNs + (hash(message ^ 0x55) % slotNs);
const partitionOf = (message) => hash(message ^ 0x1234567) & 15;
const positions = new Int32Array(1 << 20);
const nextPosition = new Int32Array(partitions);
const watermark = new Int32Array(producers * partitions).fill(-1);

const run = (slot) => {
  let node = head[slot % slots];
  head[slot % slots] = -1;
  tail[slot % slots] = -1;
  while (node >= 0) {
    const message = due[node];
    const kind = type[node];
    const after = next[node];
    next[node] = free;
    free = node;
    node = after;
    const producer = message & 7;
    const seq = message >>> 3;
    const partition = partitionOf(message);
    const position = positions[message & 0xfffff];
    const from = sentNs(message);
    const ns = Math.max(from + 1000, slot * slotNs + (hash(message ^ 0x777) % slotNs));
    const latencyUs = Math.floor((ns - from) / 1000);
    if (kind < 3) {
      const place = kind === 0 ? partition : none16;
      const code = outcomeCodes[kind];
      sends[producer].put(
        kinds.outcome,
        code,
        producer,
        seq,
        ns,
        none16,
        kind === 0 ? position : 0,
        place,
        latencyUs,
        1,
        255,
        0,
      );
      continue;
    }
    const phantom = kind === 5;
    let flags = kind === 4 ? 1 : 0;
    if (kind === 3 && hash(message ^ 0x777) < 42950) {
      flags |= 2;
      truth.corrupt += 1;
    }
    const named = phantom ? Math.ceil(messages / 8) + (seq & 1023) : seq;
    const value = packDelivery(latencyUs, 1);
    const consumer = partition & 1;
    const at = phantom ? noPosition - 1 - message : position;
    receipts[consumer].put(kinds.received, flags, producer, named, ns, consumer, at, partition, value, 1, 0, 0);
    truth.deliveries += 1;
    if (kind !== 3) continue;
    const mark = producer * partitions + partition;
    if (seq < watermark[mark]) truth.reordered += 1;
    else watermark[mark] = seq;
  }
};

const phantoms = new Set();
let window = 0;
let slot = 0;
for (let message = 0; message < messages; message += 1) {
  run(slot);
  const from = sentNs(message);
  const producer = message & 7;
  const partition = partitionOf(message);
  const [one, two, three] = [hash(message), hash(message ^ 0x9e3779b9), hash(message ^ 0x3c6ef372)];
  while (window < faults.length && from >= faults[window].toNs) window += 1;
  const faulty = window < faults.length && from >= faults[window].fromNs;
  positions[message & 0xfffff] = nextPosition[partition]++;
  sends[producer].put(
    kinds.intended,
    0,
    producer,
    message >>> 3,
    from,
    none16,
    noPosition,
    partition,
    256,
    1,
    255,
    255,
  );
  truth.attempted += 1;
  const outcome = one < 2147484 ? 1 : one < 4294967 ? 2 : 0;
  const slow = faulty && ((two >>> 10) & 7) === 0 ? three & 16383 : 0;
  const latency = 50 + (two & 63) + (((two >>> 6) & 15) === 0 ? three & 255 : 0) + slow;
  schedule(slot + latency, message, outcome);
  let delivered = true;
  if (outcome === 0) {
    truth.acked += 1;
    delivered = !(faulty ? three < 4294967 : three < 429496);
    if (!delivered) truth.lost += 1;
  } else if (outcome === 1) {
    truth.rejected += 1;
    delivered = three < 429496730;
    if (delivered) truth.contradicted += 1;
  } else {
    truth.unknown += 1;
    delivered = three < 2147483648;
    if (delivered) truth.recovered += 1;
  }
  if (outcome !== 0 && !delivered) truth.undelivered += 1;
  if (delivered) {
    const later = ((two >>> 14) & 255) < 1 ? (three >>> 8) & 511 : 0;
    schedule(slot + 400 + later, message, 3);
    if (two >>> 22 < 20) {
      truth.duplicateDelivered += 1;
      truth.extraDeliveries += 1;
      schedule(slot + 2400 + (three & 4095), message, 4);
      if ((three >>> 12) % 10 === 0) {
        truth.extraDeliveries += 1;
        schedule(slot + 9400 + (three & 4095), message, 4);
      }
    }
  }
  const ghost = producer * 1024 + ((message >>> 3) & 1023);
  if (three < 42950 && !phantoms.has(ghost)) {
    phantoms.add(ghost);
    schedule(slot + 500, message, 5);
  }
  slot += 1;
}
truth.phantom = phantoms.size;
for (const end = slot + slots; slot < end; slot += 1) run(slot);
for (const file of [...sends, ...receipts]) file.close();

let now = 0;
const runner = new JournalWriter(join(folder, 'runner.journal'), header('runner', 'runner'), () => now);
for (const [at, { fromNs, toNs }] of faults.entries()) {
  const detail = { id: `f${at + 1}`, do: 'kill', targets: ['b1'] };
  for (const [step, ns] of [
    ['injecting', fromNs],
    ['injected', fromNs],
    ['healing', toNs],
    ['healed', toNs],
  ]) {
    now = ns;
    runner.append({ kind: 'fault', step, fault: at, detail });
  }
}
for (const { name, role, records } of [...sends, ...receipts]) {
  runner.append({ kind: 'worker', state: 'exited', detail: { name, role, journal: `${name}.journal`, records } });
}
for (const step of ['settled', 'healed', 'probed', 'renewed', 'drained']) {
  runner.append({ kind: 'drain', step, ok: true, detail: step === 'drained' ? { group: 0 } : {} });
}
runner.close();
writeFileSync(join(folder, 'truth.json'), JSON.stringify(truth));
process.stdout.write(`${JSON.stringify(truth)}\n`);
