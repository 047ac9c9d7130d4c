// Fails when a process is still there that CI has started: one that has inherited `MQCHAOS_CI`, or works in a temporary
// folder of ours, which also finds servers that overwrite their environment. Waits for those that are ending. Linux only.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const boundMs = 30_000;
const everyMs = 200;
const mark = `MQCHAOS_CI=${process.env.MQCHAOS_CI}`;
const temporary = join(tmpdir(), 'mqchaos-');
const own = new Set(ancestors(process.pid));

let left = stillThere();
for (let waitedMs = 0; left.length > 0 && waitedMs < boundMs; waitedMs += everyMs) {
  await pause(everyMs);
  left = stillThere();
}
for (const pid of left) {
  console.log(`left running: ${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 200)}`);
}
process.exitCode = left.length === 0 ? 0 : 1;

function stillThere() {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && !own.has(Number(pid)) && isOurs(pid));
}

function isOurs(pid) {
  return read(`/proc/${pid}/environ`).split('\0').includes(mark) || workingDirectory(pid).startsWith(temporary);
}

/** Whoever runs this has the mark too. */
function ancestors(pid) {
  const parent = Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  return parent === 0 ? [pid] : [pid, ...ancestors(parent)];
}

function workingDirectory(pid) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return ''; // gone, or not ours to ask
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // gone, or not ours to read
  }
}
