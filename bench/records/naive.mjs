/** usage: node naive.mjs FOLDER   what people write by hand: readline, JSON.parse, a Map and a Set */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const folder = process.argv[2];
const lines = (name) => createInterface({ input: createReadStream(join(folder, name)) });
const acked = new Set();
const seen = new Map();
let unknown = 0;
for await (const line of lines('sent.log')) {
  const { order, status } = JSON.parse(line);
  if (status === 'ok') acked.add(order.id);
  else unknown += 1;
}
for await (const line of lines('received.log')) {
  const { id } = JSON.parse(line).order;
  seen.set(id, (seen.get(id) ?? 0) + 1);
}
let lost = 0;
let duplicates = 0;
for (const id of acked) if (!seen.has(id)) lost += 1;
for (const count of seen.values()) if (count > 1) duplicates += 1;
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
process.stdout.write(
  JSON.stringify({
    lost,
    duplicates,
    unknown,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    maxRssMb: maxRSS >> 10,
  }),
);
