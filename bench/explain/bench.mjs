/**
 * usage: node bench.mjs [MESSAGES=10000000] [ROUNDS=15]
 * What the indexes cost an audit, how large they are, and how long `mqchaos explain` takes for single messages of that
 * run: the tool as a process, in turn with a Node that does nothing.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [count = '10000000', times = '15'] = process.argv.slice(2);
const here = fileURLToPath(new URL('.', import.meta.url));
const tool = join(here, '..', '..', 'bin', 'mqchaos.js');
const folder = mkdtempSync(join(tmpdir(), 'mqchaos-bench-'));
const journals = join(folder, 'journal');
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const print = (line) => process.stdout.write(`${line}\n`);

const audit = (...args) =>
  JSON.parse(execFileSync(process.execPath, [join(here, 'audit.mjs'), folder, ...args], { encoding: 'utf8' }));
const indexes = () => readdirSync(journals).filter((name) => name.endsWith('.index'));
const sizeOf = (names) => names.reduce((sum, name) => sum + statSync(join(journals, name)).size, 0);
/** Milliseconds of a process by the clock, and of the CPU as bash counts it. */
const run = (args) => {
  const words = [process.execPath, ...args].map((word) => `'${word}'`).join(' ');
  const script = `TIMEFORMAT='%R %U %S'; time ${words} >/dev/null`;
  const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const [real, user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { wallMs: real * 1000, cpuMs: (user + system) * 1000 };
};

try {
  execFileSync(process.execPath, [join(here, '..', 'audit', 'generate.mjs'), journals, count]);
  audit();
  const pairs = Array.from({ length: 5 }, () => [audit().cpuSeconds, audit('--index').cpuSeconds]);
  const ratios = pairs.map(([plain, indexed]) => indexed / plain);
  const journalBytes = sizeOf(readdirSync(journals).filter((name) => name.endsWith('.journal')));
  print(
    `audit    ${median(pairs.map(([plain]) => plain)).toFixed(2)} CPU s, with indexes ${median(ratios).toFixed(2)} × (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
  );
  print(`indexes  ${(sizeOf(indexes()) / 1e6).toFixed(2)} MB beside ${(journalBytes / 1e6).toFixed(0)} MB of journals`);

  const last = Math.floor(Number(count) / 8) - 1;
  const messages = ['p0:0', `p3:${last >> 1}`, `p7:${last}`, ...examples()];
  for (const message of messages) {
    const idle = [];
    const told = [];
    for (let round = 0; round < Number(times); round += 1) {
      idle.push(run(['-e', '0']));
      told.push(run([tool, 'explain', folder, message]));
    }
    const beyond = (key) => {
      const each = told.map((its, round) => its[key] - idle[round][key]);
      return `${median(each).toFixed(0)} ms (best ${Math.min(...each).toFixed(0)})`;
    };
    print(
      `explain  ${message.padEnd(12)} beyond Node's own: ${beyond('cpuMs')} of CPU, ${beyond('wallMs')} by the clock`,
    );
  }
  for (const name of indexes()) rmSync(join(journals, name));
  print(
    `without indexes, the first time: ${run([tool, 'explain', folder, messages[1]]).cpuMs.toFixed(0)} ms of CPU in all`,
  );
  const [load] = readFileSync('/proc/loadavg', 'utf8').split(' ');
  print(`load ${load} on ${cpus().length} CPUs, Node ${process.version}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** One message of each class, from the lines of the audit. */
function examples() {
  const fd = openSync(join(folder, 'findings.ndjson'), 'r');
  const bytes = Buffer.alloc(1 << 20);
  const classes = new Map();
  for (let read = 1; read > 0; ) {
    read = readSync(fd, bytes, 0, bytes.length, null);
    for (const line of bytes.toString('utf8', 0, read).split('\n')) {
      const [, name, message] = /^\{"class":"([\w-]+)","message":"([^"]+)"/.exec(line) ?? [];
      if (name !== undefined) classes.set(name, message);
    }
  }
  closeSync(fd);
  return [...classes.values()];
}
