import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { logLines, timeOf } from '../../src/explain/log-lines.ts';

const base = Date.parse('2026-11-29T07:33:00Z');
const local = new Date(2026, 10, 29, 7, 33, 1, 123).getTime();

describe('the time of a line', () => {
  test.each([
    ['2026-11-29T07:33:01.123Z registered', base + 1123],
    ['2026-11-29 07:33:01.123456+00:00 [info] <0.9.0> started', base + 1123.456],
    ['2026-11-29 08:33:01.5+0100 x', base + 1500],
    ['[2026-11-29 07:33:01,123] INFO [SocketServer] started', local],
    ['[4711] 2026/11/29 07:33:01.123000 [INF] Server is ready', local],
    ['4711:M 29 Nov 2026 07:33:01.123 * Ready to accept connections', local],
    ['2026-11-29 07:33:01 INFO main - boot', local - 123],
  ])('%s', (line, ms) => {
    expect(timeOf(line)).toBeCloseTo(ms, 3);
  });
  test.each(['{"ready":true}', '', '\tat Socket.read', '29 Foo 2026 07:33:01', '2026-99-99T99:99:99Z'])(
    '%j has none',
    (line) => {
      expect(timeOf(line)).toBeUndefined();
    },
  );
});

describe('the lines around an instant', () => {
  let nodes: string;
  beforeEach(() => {
    nodes = mkdtempSync(join(tmpdir(), 'mqchaos-logs-'));
    mkdirSync(join(nodes, 'b1', 'logs'), { recursive: true });
  });
  afterEach(() => rmSync(nodes, { recursive: true, force: true }));
  const at = (ms: number): string => new Date(base + ms).toISOString();
  const ask = (around: readonly number[], logs = ['logs']) =>
    logLines({ nodes, logs, baseMs: base, around: around.map((ms) => ms * 1e6) });

  test('within half a second, of all files, without control characters', () => {
    writeFileSync(
      join(nodes, 'b1', 'stderr.log'),
      `${at(100)} early\n${at(1000)} \u001b[31mred\tone\n  at x\n${at(2000)} late\n`,
    );
    writeFileSync(join(nodes, 'b1', 'logs', 'server.log'), `${at(900)} two\n`);
    writeFileSync(join(nodes, 'b1', 'logs', 'data.bin'), `${at(900)} no\n`);
    expect(ask([1000])).toEqual([
      { node: 'b1', file: 'logs/server.log', atNs: 9e8, text: `${at(900)} two` },
      { node: 'b1', file: 'stderr.log', atNs: 1e9, text: `${at(1000)} \uFFFD[31mred one` },
    ]);
    expect(ask([1000], []).map(({ file }) => file)).toEqual(['stderr.log']);
    expect(ask([])).toEqual([]);
  });

  test('are found in a large file without reading it, and are few', () => {
    const lines = Array.from({ length: 60_000 }, (_, index) => `${at(index)} line ${index} ${'x'.repeat(40)}`);
    writeFileSync(join(nodes, 'b1', 'stdout.log'), `${lines.join('\n')}\n`);
    const found = ask([43_210]);
    expect(found).toHaveLength(24);
    expect(found.some(({ text }) => text.includes('line 43210 '))).toBe(true);
    expect(ask([0]).some(({ text }) => text.includes('line 0 '))).toBe(true);
    expect(ask([59_999]).some(({ text }) => text.includes('line 59999 '))).toBe(true);
  });
});
