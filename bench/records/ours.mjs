/** usage: node ours.mjs FOLDER [--order]   the audit over the same files, by a map */
import { join } from 'node:path';
import { judgeForeign } from '../../dist/run/foreign/foreign.js';

const folder = process.argv[2];
const place = 'id=order.id,partition=meta.partition,position=meta.offset,time=at(ms)';
const order = process.argv.includes('--order') ? ',producer=from.name,sequence=from.count' : '';
const began = performance.now();
const { counts, findings } = await judgeForeign({
  sent: { files: [join(folder, 'sent.log')], map: `${place}${order},outcome=status(ok:acked,timeout:unknown)` },
  received: { files: [join(folder, 'received.log')], map: place },
  complete: true,
});
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const count = (name) => findings.find((each) => each.class === name)?.count ?? 0;
process.stdout.write(
  JSON.stringify({
    lost: counts.lost,
    duplicates: count('duplicate-delivered'),
    unknown: counts.unknown,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    wallSeconds: (performance.now() - began) / 1000,
    maxRssMb: maxRSS >> 10,
  }),
);
