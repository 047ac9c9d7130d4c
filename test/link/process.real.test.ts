/** The program of the links, as a process between other processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { answersAt } from '../../src/cluster/answers.ts';
import { Links } from '../../src/cluster/links/links.ts';
import { freePorts } from '../../src/cluster/ports.ts';
import { isAlive } from '../../src/cluster/proc.ts';
import { programPath } from '../../src/cluster/program.ts';
import { noAbort, poll } from '../../src/wait.ts';

const host = '127.0.0.1';
let folder: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqchaos-test-'));
  children = [];
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test('connections are told apart by the process that opened them, also one that a named process has started', async () => {
  const [listen, target] = (await freePorts(2)) as [number, number];
  await node(serving(target), 'ready');
  await using links = await Links.start({
    links: [{ node: 'b1', name: 'b1', listen: `${host}:${listen}`, target: `${host}:${target}` }],
    names: { nodes: ['b1'], producers: ['p1', 'p2'], consumers: [] },
    ...{ folder, run: folder, broke: () => {} },
  });
  const first = await node(asking(listen), '1');
  const parent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(asking(listen))}], { stdio: 'inherit', detached: true })`;
  const second = await node(parent, '1');
  await links.know('p1', first.pid);
  await links.know('p2', second.pid);
  const bend = links.control('b1');
  const cut = await bend({ from: ['p2'], direction: 'both', what: { do: 'silence' }, seed: 1 });
  expect(cut).toMatchObject({ links: [{ link: 'b1', open: 2, met: 1, unidentified: 0 }] });
  await first.more();
  const stood = second.answers();
  await first.more();
  expect(second.answers()).toBe(stood);
  expect(await bend(null)).toMatchObject({ probed: [{ link: 'b1', as: 'p2', node: 'joined' }] });
  await second.more();
});

test('it ends with whoever started it, however that ended, and leaves no port', async () => {
  const [listen, target] = (await freePorts(2)) as [number, number];
  const given = JSON.stringify([{ name: 'b1', listen: { host, port: listen }, target: { host, port: target } }]);
  const args = JSON.stringify([programPath('link/main'), given]);
  const starter = `const { pid, stdout } = require('node:child_process').spawn(process.execPath, ${args}, { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    stdout.once('data', () => console.log(pid)); setInterval(() => {}, 1000);`;
  const { child, said } = await node(starter, '');
  const pid = Number(said());
  expect(isAlive(pid)).toBe(true);
  expect(await answersAt(`${host}:${listen}`)).toBe(true);
  child.kill('SIGKILL');
  expect(await poll(() => (isAlive(pid) ? undefined : true), { everyMs: 10, boundMs: 10_000, signal: noAbort })).toBe(
    true,
  );
  expect(await answersAt(`${host}:${listen}`)).toBe(false);
});

test.each([
  ['', 'the argument is no JSON'],
  ['[]', 'the argument is no list of links'],
  ['[{"name":"b1"}]', 'the argument is no list of links'],
])('a wrong argument is told, with an example: %j', async (argument, message) => {
  const child = spawn(process.execPath, [programPath('link/main'), argument], { stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let said = '';
  child.stderr.on('data', (data) => {
    said += String(data);
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(2);
  expect(JSON.parse(said)).toMatchObject({
    message: expect.stringContaining(message),
    hint: expect.stringMatching(/"name":"b1"/),
  });
});

test('a port that is taken is told', async () => {
  const [listen] = (await freePorts(1)) as [number];
  await node(serving(listen), 'ready');
  await expect(
    Links.start({
      links: [{ node: 'b1', name: 'b1', listen: `${host}:${listen}`, target: `${host}:1` }],
      names: { nodes: ['b1'], producers: [], consumers: [] },
      ...{ folder, run: folder, broke: () => {} },
    }),
  ).rejects.toThrow(`port ${listen} of 127.0.0.1 is in use`);
});

/** Echoes. */
function serving(port: number): string {
  return `require('node:net').createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(${port}, '${host}', () => console.log('ready'))`;
}

/** Sends a byte, and the next one when that has come back; prints how many have. */
function asking(port: number): string {
  return `let n = 0; const s = require('node:net').connect(${port}, '${host}', () => s.write('x')); s.on('data', () => { console.log(++n); setTimeout(() => s.write('x'), 20); })`;
}

/** A process that has printed something. */
async function node(script: string, first: string) {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  let said = '';
  child.stdout.on('data', (data) => {
    said += String(data);
  });
  const lines = (): string[] => said.split('\n').filter((line) => line !== '');
  const answers = (): number => Number(lines().at(-1) ?? 0);
  const until = async (holds: () => boolean): Promise<void> => {
    const held = await poll(() => (holds() ? true : undefined), { everyMs: 10, boundMs: 20_000, signal: noAbort });
    if (held === undefined) throw new Error(`not within 20 s; it said ${said}`);
  };
  await until(() => lines().length > 0 && said.startsWith(first));
  return {
    ...{ child, answers, said: () => said },
    pid: child.pid ?? 0,
    more: (): Promise<void> => {
      const before = answers();
      return until(() => answers() >= before + 3);
    },
  };
}
