/** usage: node naive.mjs FOLDER   what people write by hand: readline, JSON.parse, a Map keyed by a string */
import { closeSync, createReadStream, openSync, readFileSync, writeSync } from 'node:fs';
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
const ackLatencies = [];
const latencies = [];
const again = new Map();
const corrupt = new Set();
const reordered = new Set();
const marks = {};
for await (const line of lines('sends.ndjson')) {
  const event = JSON.parse(line);
  const id = `${event.p}-${event.s}`;
  if (event.k === 'send') {
    counts.attempted += 1;
    sent.set(id, { at: event.t, outcome: null, settled: null });
  } else {
    const message = sent.get(id);
    message.outcome = event.o;
    message.settled = event.t;
    counts[event.o] += 1;
    if (event.o === 'acked') ackLatencies.push(event.lat);
  }
}
for await (const line of lines('receipts.ndjson')) {
  const event = JSON.parse(line);
  const id = `${event.p}-${event.s}`;
  counts.deliveries += 1;
  const before = received.get(id) ?? 0;
  received.set(id, before + 1);
  if (!event.ok) corrupt.add(id);
  if (before === 1) again.set(id, event.t);
  if (before > 0) counts.extraDeliveries += 1;
  else if (sent.has(id)) {
    latencies.push(event.lat);
    const mark = `${event.p}/${event.part}`;
    if (event.s < (marks[mark] ?? -1)) reordered.add(id);
    else marks[mark] = event.s;
  }
}

const faults = readFileSync(join(folder, 'faults.ndjson'), 'utf8').trim().split('\n').map(JSON.parse);
const out = openSync(join(folder, 'naive.csv'), 'w');
let text = '';
const write = (name, id, from, to) => {
  const fault =
    faults.find((each) => each.since <= to && each.until >= from) ?? faults.find((each) => each.since >= to);
  text += `${name},${id.replace('-', ',')},${fault?.id ?? ''}\n`;
  if (text.length > 1 << 18) {
    writeSync(out, text);
    text = '';
  }
};
for (const [id, { at, outcome, settled }] of sent) {
  const delivered = received.has(id);
  if (outcome === 'acked') {
    if (delivered) continue;
    counts.lost += 1;
    write('lost', id, at, settled);
  } else if (!delivered) {
    counts.undelivered += 1;
    write('undelivered', id, at, settled);
  } else {
    const name = outcome === 'unknown' ? 'recovered' : 'contradicted';
    counts[name] += 1;
    write(name, id, at, settled);
  }
}
for (const [id, at] of again) {
  if (!sent.has(id)) continue;
  counts.duplicateDelivered += 1;
  write('duplicate-delivered', id, sent.get(id).settled, at);
}
for (const id of received.keys()) {
  if (sent.has(id)) continue;
  counts.phantom += 1;
  write('phantom', id);
}
for (const id of corrupt) {
  counts.corrupt += 1;
  write('corrupt', id, sent.get(id).at, sent.get(id).settled);
}
for (const id of reordered) {
  counts.reordered += 1;
  write('reordered', id, sent.get(id).at, sent.get(id).settled);
}
writeSync(out, text);
closeSync(out);
ackLatencies.sort((a, b) => a - b);
latencies.sort((a, b) => a - b);
answer('NDJSON, Map and Set', folder, counts);
