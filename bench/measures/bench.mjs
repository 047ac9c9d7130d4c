/**
 * usage: node bench/measures/bench.mjs [ROUNDS=3] [MESSAGES=4000] [MEASURE ...]
 * What each measure costs when nothing goes wrong: the bundled pairs without their faults, on and off in turn, so that
 * whatever else the machine does hits both. Two runs a half and round: as fast as it goes, for the rate, and at the
 * profile's own rate, for the latency. Prints a table as Markdown: medians, and the least and most of all rounds.
 *
 * Measures of producers and brokers: messages sent a second, and the 99th percentile from a send to its outcome (oneway:
 * handed to the socket). Measures of consumers: messages processed a second from a full log, and the 99th percentile from
 * a send to its receipt. All of it is read from the journals. Ways in Redis are left out where there is no redis-server.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventPass } from '../../dist/journal/decode.js';
import { scanJournal } from '../../dist/journal/reader.js';

const tool = fileURLToPath(new URL('../../bin/mqchaos.js', import.meta.url));
const measures = [
  { name: 'sync-send', halves: ['sync-send', 'sync-send-off', 'sync-send-async'], of: 'producers' },
  ...['retry', 'several-masters', 'sync-flush', 'sync-replication'].map((name) => pair(name, 'producers')),
  ...['commit-after', 'primary-key', 'unique-constraint', 'redis-set', 'redis-id'].map((name) =>
    pair(name, 'consumers'),
  ),
];
const [rounds = '3', messages = '4000', ...only] = process.argv.slice(2);
const chosen = measures.filter(({ name }) => (only.length === 0 ? hasStore(name) : only.includes(name)));
const startedAt = loadavg()[0];

process.stdout.write('| | rate, messages/s | ratio | p99 |\n| --- | --- | --- | --- |\n');
for (const { halves, of } of chosen) {
  const found = new Map(halves.map((half) => [half, { rates: [], p99s: [] }]));
  for (let round = 0; round < Number(rounds); round += 1) {
    // the order turns, so that neither half is always first
    const order = round % 2 === 0 ? halves : [...halves].reverse();
    for (const half of order) {
      found.get(half).rates.push((await measured(half, of, ['producers.rate=max', ...filled(of)])).rate);
      found.get(half).p99s.push((await measured(half, of, [])).p99Ms);
    }
  }
  const first = median(found.get(halves[0]).rates);
  for (const [half, { rates, p99s }] of found) {
    const ratio = half === halves[0] ? '1' : (median(rates) / first).toFixed(2);
    process.stdout.write(`| \`${half}\` | ${spread(rates, 0)} | ${ratio} | ${spread(p99s, 1)} ms |\n`);
  }
}
process.stderr.write(
  `${rounds} rounds of ${messages} messages, load average ${startedAt.toFixed(1)} to ${loadavg()[0].toFixed(1)}\n`,
);

function pair(name, of) {
  return { name, halves: [name, `${name}-off`], of };
}

function hasStore(name) {
  return !name.startsWith('redis') || spawnSync('redis-server', ['--version']).error === undefined;
}

/** Consumers of producers' measures take no part in the rate; those of their own find all messages there. */
function filled(of) {
  return of === 'consumers' ? ['consumers.start=99%', 'producers.window=200'] : ['consumers.start=99%'];
}

async function measured(profile, of, more) {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-measures-'));
  try {
    const calm = ['faults=[]', 'consumers.start=at once', 'expect.harm=', `producers.messages=${messages}`];
    const sets = [...calm, ...more].flatMap((set) => ['--set', set]);
    const args = [tool, 'run', profile, '--seed', '1', '--out', join(folder, 'run'), '--json', '--quiet', ...sets];
    const record = JSON.parse(outcomeOf(args));
    if (record.counts.attempted !== Number(messages))
      throw new Error(`${profile}: ${record.verdict.reasons.join('; ')}`);
    return await (of === 'producers' ? sending : processing)(join(folder, 'run', 'journal'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of oneway sends none is acked: such a run is inconclusive (3), and has its record all the same. */
function outcomeOf(args) {
  try {
    return execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    if (error.status === 3 && error.stdout !== '') return error.stdout;
    throw error;
  }
}

async function sending(journals) {
  let fromNs = Number.POSITIVE_INFINITY;
  let toNs = 0;
  const latencies = [];
  for (const event of await eventsOf(journals, 'p')) {
    if (event.kind === 'intended') fromNs = Math.min(fromNs, event.atNs);
    if (event.kind !== 'outcome') continue;
    toNs = Math.max(toNs, event.atNs);
    latencies.push(event.latencyUs / 1000);
  }
  return { rate: Number(messages) / ((toNs - fromNs) / 1e9), p99Ms: p99(latencies) };
}

async function processing(journals) {
  let fromNs = Number.POSITIVE_INFINITY;
  let toNs = 0;
  const latencies = [];
  for (const event of await eventsOf(journals, 'c|drain')) {
    if (event.kind === 'effect') toNs = Math.max(toNs, event.atNs);
    if (event.kind !== 'received') continue;
    fromNs = Math.min(fromNs, event.atNs);
    latencies.push(event.latencyUs / 1000);
  }
  return { rate: Number(messages) / ((toNs - fromNs) / 1e9), p99Ms: p99(latencies) };
}

/** Events of all producers (`p1.1.journal` …), or of all consumers, those of the drain too. */
async function eventsOf(folder, letters) {
  const events = [];
  const its = new RegExp(`^(${letters})\\d+\\.\\d+\\.journal$`);
  for (const file of readdirSync(folder).filter((name) => its.test(name))) {
    const { pass, finish } = eventPass((event) => events.push(event));
    await scanJournal(join(folder, file), pass);
    finish();
  }
  return events;
}

function p99(values) {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

function spread(values, digits) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}
