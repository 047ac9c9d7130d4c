/**
 * usage: node bench/volume/bench.mjs [SECONDS=3] [ROUNDS=3] [FOLDER=temporary] [MESSAGES=20000]
 * Appends of 4 KiB with fdatasync, appends alone, and reads of 4 KiB at random places, by one thread, on a lossy volume and
 * on the folder below it, in turn in one run; then MESSAGES of 256 B that a Kafka and a RocketMQ of their own acknowledge, as they
 * come (0: none). Prints calls and acknowledgements a second of the medians and their ratio. Needs root: the volume is reached
 * through /proc/PID/root.
 */
import { spawn } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { acknowledging, brokers } from './brokers.mjs';

const [seconds = '3', rounds = '3', base = tmpdir(), messages = '20000'] = process.argv.slice(2);
const program = resolve(import.meta.dirname, '../../dist/volume/main.js');
const folder = mkdtempSync(join(resolve(base), 'mqchaos-bench-'));
const plain = join(folder, 'plain');
const store = join(folder, 'store');
mkdirSync(plain);
mkdirSync(store);

const block = Buffer.alloc(4096, 7);
const fileBytes = 64 * 1024 * 1024;
const works = {
  'append 4 KiB + fdatasync': (at) =>
    appending(at, (descriptor) => {
      writeSync(descriptor, block);
      fdatasyncSync(descriptor);
    }),
  'append 4 KiB': (at) => appending(at, (descriptor) => writeSync(descriptor, block)),
  'read 4 KiB': reading,
};

const child = spawn('unshare', ['-m', '--', process.execPath, program, '--store', store, '--mount', store], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const ended = new Promise((done) => child.once('exit', done));
try {
  await new Promise((done, failed) => {
    createInterface({ input: child.stdout }).once('line', done);
    void ended.then(() => failed(new Error('the volume did not start')));
  });
  const sides = { folder: plain, volume: `/proc/${child.pid}/root${store}` };
  console.log('| | folder | volume | ratio |\n| --- | --- | --- | --- |');
  for (const [name, work] of Object.entries(works)) {
    const measured = { folder: [], volume: [] };
    for (let round = 0; round < Number(rounds); round++) {
      for (const [side, at] of Object.entries(sides)) measured[side].push(work(join(at, 'file')));
    }
    print(name, measured);
  }
  for (const broker of Number(messages) > 0 ? brokers : []) {
    const measured = { folder: [], volume: [] };
    for (let round = 0; round < Number(rounds); round++) {
      for (const [side, kind] of Object.entries({ folder: 'none', volume: 'fuse' })) {
        const own = mkdtempSync(join(folder, 'run-'));
        measured[side].push(await acknowledging(broker, kind, own, Number(messages)));
        rmSync(own, { recursive: true });
      }
    }
    print(`${broker}, acknowledged`, measured);
  }
} finally {
  child.stdin.end();
  await ended;
  rmSync(folder, { recursive: true });
}

function appending(path, act) {
  const descriptor = openSync(path, 'w');
  const rate = timed(() => act(descriptor));
  closeSync(descriptor);
  rmSync(path);
  return rate;
}

function reading(path) {
  const descriptor = openSync(path, 'w+');
  for (let at = 0; at < fileBytes; at += block.length) writeSync(descriptor, block);
  const into = Buffer.alloc(block.length);
  const blocks = fileBytes / block.length;
  let next = 1;
  const rate = timed(() => {
    next = (next * 1_103_515_245 + 12_345) % 2 ** 31;
    readSync(descriptor, into, 0, into.length, (next % blocks) * block.length);
  });
  closeSync(descriptor);
  rmSync(path);
  return rate;
}

function timed(act) {
  const endMs = performance.now() + Number(seconds) * 1000;
  const startMs = performance.now();
  let calls = 0;
  while (performance.now() < endMs) {
    for (let index = 0; index < 16; index++) act();
    calls += 16;
  }
  return (calls * 1000) / (performance.now() - startMs);
}

function print(name, measured) {
  const [below, above] = [median(measured.folder), median(measured.volume)];
  console.log(`| ${name} | ${show(below)}/s | ${show(above)}/s | ${(above / below).toFixed(2)} |`);
}

function median(values) {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}

function show(rate) {
  return Math.round(rate).toLocaleString('en');
}
