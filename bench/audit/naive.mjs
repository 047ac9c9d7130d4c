/** usage: node naive.mjs FOLDER   what people write by hand: readline, JSON.parse, a Map keyed by a string */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { answer } from './answer.mjs';

const folder = process.argv[2];
const lines = (name) =>
  createInterface({ input: createReadStream(join(folder, name)), crlfDelay: Number.POSITIVE_INFINITY });
const counts = {
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
const sent = new Map();
const received = new Map();
const latencies = [];
const marks = {};
for await (const line of lines('sends.ndjson')) {
  const event = JSON.parse(line);
  const id = `${event.p}-${event.s}`;
  if (event.k === 'send') {
    counts.attempted += 1;
    sent.set(id, { at: event.t, outcome: null });
  } else {
    sent.get(id).outcome = event.o;
    counts[event.o] += 1;
  }
}
for await (const line of lines('receipts.ndjson')) {
  const event = JSON.parse(line);
  const id = `${event.p}-${event.s}`;
  counts.deliveries += 1;
  const before = received.get(id) ?? 0;
  received.set(id, before + 1);
  if (!event.ok) counts.corrupt += 1;
  if (before > 0) counts.extraDeliveries += 1;
  else if (sent.has(id)) {
    latencies.push(event.lat);
    const mark = `${event.p}/${event.part}`;
    if (event.s < (marks[mark] ?? -1)) counts.reordered += 1;
    else marks[mark] = event.s;
  }
}
for (const [id, { outcome }] of sent) {
  const delivered = received.has(id);
  if (outcome === 'acked' && !delivered) counts.lost += 1;
  if (outcome === 'unknown' && delivered) counts.recovered += 1;
  if (outcome === 'rejected' && delivered) counts.contradicted += 1;
  if (outcome !== 'acked' && !delivered) counts.undelivered += 1;
}
for (const [id, times] of received) {
  if (!sent.has(id)) counts.phantom += 1;
  else if (times > 1) counts.duplicateDelivered += 1;
}
latencies.sort((a, b) => a - b);
answer('NDJSON, Map and Set', folder, counts);
