/**
 * usage: node writer.mjs [EVENTS=4000000]
 * What one event costs its process: intended and outcome alternating, handed to the kernel every 64 events (a busy
 * tick), every 4,096, and one by one; with the clock that a worker uses. CPU time per event, median of five rounds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newClockBase, runClock } from '../../dist/journal/clock.js';
import { JournalWriter } from '../../dist/journal/writer.js';

const events = Number(process.argv[2] ?? 4_000_000);
const folder = mkdtempSync(join(tmpdir(), 'mqchaos-record-'));
const clock = newClockBase();
const header = {
  run: 'bench',
  role: 'producer',
  writer: 'p1.1',
  producer: 1,
  clock,
  topic: 't',
  partitions: 16,
  groups: [],
  positions: 'partition',
};

function round(perFlush, count) {
  const path = join(folder, 'p1.1.journal');
  const writer = new JournalWriter(path, header, runClock(clock));
  const place = { partition: 0, position: 0, epoch: 0 };
  const before = process.cpuUsage();
  const from = performance.now();
  for (let at = 0; at < count; at += 1) {
    const seq = at >>> 1;
    if ((at & 1) === 0) writer.intended(1, seq, 1, seq & 15, 256);
    else {
      place.partition = seq & 15;
      place.position = seq >>> 4;
      writer.outcome(1, seq, 1, 'acked', 700, place);
    }
    if (at % perFlush === 0) writer.flush();
  }
  writer.close();
  const wall = performance.now() - from;
  const { user, system } = process.cpuUsage(before);
  rmSync(path);
  return { cpuNs: ((user + system) * 1000) / count, wallNs: (wall * 1e6) / count };
}

for (const [perFlush, count] of [
  [64, events],
  [4096, events],
  [1, events / 10],
]) {
  round(perFlush, count / 10);
  const rounds = Array.from({ length: 5 }, () => round(perFlush, count)).sort((a, b) => a.cpuNs - b.cpuNs);
  const { cpuNs, wallNs } = rounds[2];
  process.stdout.write(
    `flush every ${perFlush} events: ${cpuNs.toFixed(0)} ns of CPU an event, ${wallNs.toFixed(0)} ns of wall (least ${rounds[0].cpuNs.toFixed(0)})\n`,
  );
}
rmSync(folder, { recursive: true });
