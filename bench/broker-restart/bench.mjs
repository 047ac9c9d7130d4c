// node bench/broker-restart/bench.mjs [MESSAGES] [FOLDER]
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const [count = '10000000', folder = path.join(import.meta.dirname, '../data/broker-restart')] = process.argv.slice(2);
const program = fileURLToPath(new URL('life.mjs', import.meta.url));

/** A life ends with SIGKILL, as a crash would end it. */
function life(role, where, ...more) {
  const args = ['--expose-gc', program, role, where, ...more];
  let out;
  try {
    out = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    if (error.signal !== 'SIGKILL') throw error;
    out = error.stdout;
  }
  const result = JSON.parse(out);
  console.log(`${role.padEnd(5)} ${JSON.stringify(result)}`);
  return result;
}

function removeCheckpoints() {
  for (const name of fs.readdirSync(folder)) if (name.startsWith('checkpoint-')) fs.rmSync(path.join(folder, name));
}

const median = (values) => values.sort((one, other) => one - other)[values.length >> 1];

fs.rmSync(folder, { recursive: true, force: true });
const empty = path.join(folder, 'empty');
fs.mkdirSync(empty, { recursive: true });
const bare = life('open', empty);
const filled = life('fill', folder, count);
const used = [1, 2, 3].map(() => life('open', folder));
const full = [1, 2, 3].map(() => {
  removeCheckpoints();
  return life('open', folder);
});
for (const one of [filled, ...used, ...full]) {
  if (one.messages !== Number(count)) throw new Error(`${one.messages} of ${count} messages`);
}
const usedMs = median(used.map(({ openMs }) => openMs));
const fullMs = median(full.map(({ openMs }) => openMs));
console.log(
  `empty ${bare.rssMb} MB; filled ${filled.rssMb} MB; from the checkpoint ${median(used.map(({ rssMb }) => rssMb))} MB`,
);
console.log(
  `start from the checkpoint ${usedMs} ms, by the whole log ${fullMs} ms: ratio ${(fullMs / usedMs).toFixed(1)}`,
);
fs.rmSync(folder, { recursive: true, force: true });
