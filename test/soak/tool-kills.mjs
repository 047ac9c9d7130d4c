#!/usr/bin/env node
/**
 * The tool itself is killed by kill -9 at moments from its start to its stop, on every product that is installed. After
 * each: nothing of the run is alive (its processes, an epmd, the reaper) or listens, nothing was written outside of the
 * run folder, an audit of it claims no harm, and `doctor clean` has nothing left to do the second time. Prints a table.
 * One line of results.ndjson a kill: called again with the same --out it goes on where it was. Linux only.
 *
 *   node test/soak/tool-kills.mjs --moments 10 --out DIR [--only redis,nats]
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isAlive } from '../../dist/cluster/proc.js';
import { runMark } from '../../dist/cluster/process.js';
import { stream } from '../../dist/plan/random.js';
import { chosenProducts, execute, parse, printTable, Results, start, tally } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    moments: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'soak-tool-kills' },
  },
});

/** What the tool has said on stderr, whichever comes first, and at most how long after it is killed. */
const moments = [
  { said: ['run folder'], withinMs: 300 },
  { said: ['run folder'], withinMs: 4000 },
  { said: ['sending'], withinMs: 300 },
  { said: ['sending'], withinMs: 2000 },
  { said: ['injected'], withinMs: 200 },
  { said: ['injected'], withinMs: 3000 },
  { said: ['healed'], withinMs: 1000 },
  { said: ['draining'], withinMs: 2000 },
  { said: ['reading', 'stopping'], withinMs: 200 },
  { said: ['stopping'], withinMs: 100 },
];
/** Fewer messages, and retries that outlast any start of a broker. */
const small = ['messages=3000', 'rate=600/s', 'retries=300', 'retryDelay=300ms', 'timeout=2s'];
const sets = [...small.map((each) => `producers.${each}`), 'expect=contract', 'limit=8m'];
const harms = ['lost', 'rolledBack', 'skipped', 'phantom', 'contradicted', 'corrupt', 'misrouted'];
const reachBoundMs = 480_000;
const goneBoundMs = 60_000;
const commandBoundMs = 120_000;

const out = resolve(options.out);
const numbers = Array.from({ length: Number(options.moments) }, (_, index) => index + 1);
const chosen = await chosenProducts(options.only);
for (const { name, missing } of chosen) if (missing !== undefined) console.log(`${name}: skipped, ${missing}`);
const here = chosen.filter(({ missing }) => missing === undefined).map(({ name }) => name);

mkdirSync(out, { recursive: true });
const kept = new Results(out);
const results = new Map(kept.read().map((result) => [keyOf(result), result]));
// moment by moment through all products, so that an early end leaves an even table
for (const moment of numbers) {
  for (const product of here) {
    if (results.has(keyOf({ product, moment }))) continue;
    const result = await kill(product, moment);
    results.set(keyOf(result), result);
    kept.add(result);
    const { when, reached, verdict, goneMs, problems } = result;
    const found = problems.length === 0 ? 'clean' : problems.join('; ');
    console.log(
      `${product} ${when}${reached ? '' : ' (had ended before)'}: gone in ${goneMs} ms, ${verdict}, ${found}`,
    );
  }
}
summarize();

function keyOf({ product, moment }) {
  return `${product} ${moment}`;
}

async function kill(product, moment) {
  const { said, withinMs } = moments[(moment - 1) % moments.length];
  const delayMs = stream(moment, `tool-kills/${product}`).range(0, withinMs);
  const place = placeOf(`${product}-${moment}`);
  const args = ['run', 'quick', '--broker', product, '--seed', String(moment), '--out', 'run'];
  const tool = start([...args, ...sets.flatMap((set) => ['--set', set])], { cwd: place.work, env: place.env });
  // whoever does not come to its moment is killed where it stands
  await Promise.race([...said.map((text) => tool.said(text)), pause(reachBoundMs, undefined, { ref: false })]);
  await pause(delayMs);
  const listening = listenersOf(processesOf(place));
  const reached = tool.child.exitCode === null && tool.child.kill('SIGKILL');
  const { code, stderr } = await tool.end;
  const from = performance.now();
  while (isThere(place, listening) && performance.now() - from < goneBoundMs) await pause(50);
  const goneMs = Math.round(performance.now() - from);
  const problems = [...leftOf(place, listening)];
  if (!reached && code !== 0) problems.push(`the run ended by itself with ${code}: ${stderr.slice(-300)}`);
  const { verdict, wrong } = await audited(place);
  problems.push(...wrong, ...(await cleaned(place)), ...strayOf(place));
  if (problems.length === 0) rmSync(place.folder, { recursive: true, force: true });
  return { product, moment, when: `${said[0]} + ${delayMs} ms`, reached, verdict, goneMs, problems };
}

/** Empty folders, and an environment that points to them: whatever is written elsewhere than in the run shows. */
function placeOf(name) {
  const folder = join(out, name);
  rmSync(folder, { recursive: true, force: true });
  const [work, home, temporary] = ['work', 'home', 'tmp'].map((each) => join(folder, each));
  for (const each of [work, home, temporary]) mkdirSync(each, { recursive: true });
  // what was fetched is where it is
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const env = { ...process.env, HOME: home, TMPDIR: temporary, XDG_CACHE_HOME: cache, NO_COLOR: '1' };
  return { folder, work, run: join(work, 'run'), home, temporary, env };
}

/**
 * Everything that the tool started, and what that started: all of it has our TMPDIR or the run's mark, or works below our
 * folder. A server that overwrites its environment is found by the last alone, and that is just what the tool would leave.
 */
function processesOf({ folder, run, temporary }) {
  const marks = [`TMPDIR=${temporary}`, `${runMark}=${run}`];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && isAlive(pid))
    .filter((pid) => worksBelow(pid, folder) || textOf(pid, 'environ').some((variable) => marks.includes(variable)));
}

function worksBelow(pid, folder) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(`${folder}/`);
  } catch {
    return false; // gone, or not ours to read
  }
}

/** A killed JVM has no environment any more while it still closes its sockets: both are asked. */
function isThere(place, before) {
  return processesOf(place).length > 0 || stillOf(before).length > 0;
}

/** Ports of these sockets that are still listened on. */
function stillOf(before) {
  const now = allListeners();
  return [...before].flatMap(([inode, port]) => (now.has(inode) ? [port] : []));
}

/** Sockets that these processes listen on: inode → port. */
function listenersOf(pids) {
  const ports = allListeners();
  return new Map(pids.flatMap(socketsOf).flatMap((inode) => (ports.has(inode) ? [[inode, ports.get(inode)]] : [])));
}

function allListeners() {
  const rows = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n').slice(1));
  return new Map(
    rows.flatMap((row) => {
      const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
      return state === '0A' ? [[inode, Number.parseInt(local.split(':')[1], 16)]] : [];
    }),
  );
}

function socketsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return []; // gone in between
  }
}

/** What is still alive or listens. It is ended: the soak leaves nothing either. */
function leftOf(place, before) {
  const ports = stillOf(before).map((port) => `port ${port} is listened on`);
  const left = processesOf(place).map((pid) => {
    const what = `left alive: ${pid} ${textOf(pid, 'cmdline').join(' ').slice(0, 200)}`;
    process.kill(pid, 'SIGKILL');
    return what;
  });
  return [...left, ...ports];
}

async function audited({ work, run, env }) {
  if (!existsSync(join(run, 'journal', 'runner.journal'))) return { verdict: 'nothing to judge', wrong: [] };
  const { code, stdout, stderr } = await execute(['audit', 'run', '--json'], work, commandBoundMs, env);
  const record = parse(stdout);
  if (record === undefined) return { verdict: 'none', wrong: [`audit: exit ${code}: ${stderr.slice(-300)}`] };
  const { counts, verdict } = record;
  const wrong = harms.filter((name) => counts[name] > 0).map((name) => `audit: ${name} ${counts[name]}`);
  if (verdict.value === 'fail') wrong.push(`audit: fail: ${verdict.reasons.join('; ')}`);
  return { verdict: verdict.value, wrong };
}

async function cleaned({ work, env }) {
  const ask = () => execute(['doctor', 'clean', 'run'], work, commandBoundMs, env);
  const [first, second] = [await ask(), await ask()];
  if (first.code !== 0) return [`doctor clean: exit ${first.code}: ${first.stderr.slice(-300)}`];
  return second.stdout === 'nothing to clean\n' ? [] : [`doctor clean, the second time: ${second.stdout}`];
}

function strayOf({ work, home, temporary }) {
  const stray = [
    ...readdirSync(work).filter((name) => name !== 'run'),
    ...readdirSync(home),
    ...readdirSync(temporary),
  ];
  return stray.map((name) => `written outside of the run folder: ${name}`);
}

/** A file of /proc whose texts end with zeros. */
function textOf(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return []; // gone, or not ours to read
  }
}

function summarize() {
  const all = [...results.values()].filter(({ product, moment }) => here.includes(product) && numbers.includes(moment));
  const titles = ['product', 'killed', 'gone after, at most', 'verdicts', 'clean'];
  const rows = here.map((name) => {
    const own = all.filter(({ product }) => product === name);
    return [
      ...[name, `${own.filter(({ reached }) => reached).length} of ${own.length}`],
      `${Math.max(0, ...own.map(({ goneMs }) => goneMs))} ms`,
      tally(own.map(({ verdict }) => verdict)),
      `${own.filter(({ problems }) => problems.length === 0).length} of ${own.length}`,
    ];
  });
  console.log();
  printTable(titles, rows);
  const unclean = all.filter(({ problems }) => problems.length > 0);
  for (const { product, when, problems } of unclean) console.log(`\n${product} ${when}: ${problems.join('; ')}`);
  process.exitCode = unclean.length === 0 && all.length > 0 ? 0 : 1;
}
