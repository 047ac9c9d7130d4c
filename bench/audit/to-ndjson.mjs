/** usage: node to-ndjson.mjs FOLDER   sends, receipts and faults as NDJSON from the journals: what people record by hand */
import { closeSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { eventPass } from '../../dist/journal/decode.js';
import { kinds } from '../../dist/journal/event.js';
import { scanJournal } from '../../dist/journal/reader.js';
import { getRecord } from '../../dist/journal/record.js';

const folder = process.argv[2];
const outcomes = ['acked', 'degraded', 'rejected', 'unknown'];
for (const [prefix, file] of [
  ['p', 'sends.ndjson'],
  ['c', 'receipts.ndjson'],
]) {
  const fd = openSync(join(folder, file), 'w');
  for (const name of readdirSync(folder).filter((each) => each.startsWith(prefix) && each.endsWith('.journal'))) {
    await scanJournal(join(folder, name), (words, endWord) => {
      let text = '';
      for (let at = 0; at < endWord; at += 8) {
        const { kind, producer: p, seq: s, atNs: t, partition, position, code, value, session } = getRecord(words, at);
        if (kind === kinds.intended) text += `{"k":"send","p":${p},"s":${s},"t":${t},"part":${partition}}\n`;
        else if (kind === kinds.outcome)
          text += `{"k":"out","p":${p},"s":${s},"t":${t},"o":"${outcomes[code]}","lat":${value}}\n`;
        else if (kind === kinds.received) {
          const ok = (code & 2) === 0 ? 1 : 0;
          text += `{"p":${p},"s":${s},"t":${t},"part":${partition},"off":${position},"lat":${(value >>> 4) * 16},"c":${session},"ok":${ok}}\n`;
        }
      }
      writeSync(fd, text);
    });
  }
  closeSync(fd);
}

const faults = new Map();
const { pass, finish } = eventPass(({ kind, step, atNs, detail }) => {
  if (kind !== 'fault') return;
  if (step === 'injecting') faults.set(detail.id, { id: detail.id, since: atNs, until: atNs });
  else if (step === 'healed') faults.get(detail.id).until = atNs;
});
await scanJournal(join(folder, 'runner.journal'), pass);
finish();
writeFileSync(join(folder, 'faults.ndjson'), [...faults.values()].map((each) => `${JSON.stringify(each)}\n`).join(''));
