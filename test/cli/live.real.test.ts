/** The live view of a run in a real terminal, at several sizes, while it is resized and interrupted. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageFolder } from '../../src/cluster/program.ts';
import { missingProgram, Pane } from '../support/terminal.ts';
import { Workspace } from '../support/tool.ts';

const missing = missingProgram('tmux');
const quick = 'run quick --seed 7 --set producers.messages=6000 --set producers.rate=1500/s';
const wait = { timeout: 60_000, interval: 50 };

/** Lines that only the live view has. */
const drawn = [
  / \d+:\d\d {2}\w/,
  /^ {2}b1 +\w/,
  /^ {2}p1 +\w/,
  /^ {2}c2 +\w/,
  /^ {2}received +\d/,
  /^ {2}no answer +\d/,
];

function counts(lines: readonly string[]): number[] {
  return drawn.map((pattern) => lines.filter((line) => pattern.test(line)).length);
}

const once = drawn.map(() => 1);
const never = drawn.map(() => 0);

async function sees(pane: Pane, text: string | RegExp): Promise<void> {
  await expect.poll(() => pane.lines().join('\n'), wait).toMatch(text);
}

describe.skipIf(missing !== undefined)(`the live view${missing === undefined ? '' : `: ${missing}`}`, () => {
  it.each([60, 80, 160])(
    'at %i columns: each line once, none wider, and at the end the report alone',
    async (columns) => {
      using workspace = new Workspace();
      using pane = new Pane(columns, 40, workspace.folder);
      pane.run(quick);
      await sees(pane, /sending .*▮/);
      await sees(pane, /b1 +(down|starting) +▼ f1/);
      expect(counts(pane.history())).toEqual(once);
      await sees(pane, 'ended with 0');
      const end = pane.history();
      expect(counts(end)).toEqual(never);
      expect(end.filter((line) => line.includes('✓ PASS'))).toHaveLength(1);
      // the opening is followed by the report at once
      const report = end.findIndex((line) => line.includes('✓ PASS'));
      expect(end[report - 1]).toMatch(/^ +run folder /);
      expect(end.filter((line) => line.length > columns && !/^ {2}(again|folder)/.test(line))).toEqual([]);
    },
  );

  it('resized again and again: no debris', async () => {
    using workspace = new Workspace();
    using pane = new Pane(120, 40, workspace.folder);
    pane.run(quick);
    await sees(pane, /sending .*▮/);
    for (const columns of [60, 100, 61, 160, 59, 80]) {
      pane.resize(columns, 40);
      await expect.poll(() => counts(pane.history()), wait).toEqual(once);
    }
    await sees(pane, 'ended with 0');
    expect(counts(pane.history())).toEqual(never);
  });

  it('drawn faster than the terminal tells of its new width: no debris, and what was said stays', async () => {
    using workspace = new Workspace();
    using pane = new Pane(120, 30, workspace.folder);
    const program = `
      import { Screen } from ${JSON.stringify(pathToFileURL(join(packageFolder, 'dist/cli/live/screen.js')).href)};
      let said = 0;
      const screen = new Screen(process.stderr, (columns, rows) =>
        ['one', 'two', 'three', 'four'].map((name) => (name + ' ' + '▅'.repeat(200)).slice(0, columns)).slice(0, rows));
      const drawing = setInterval(() => screen.refresh(), 5);
      const saying = setInterval(() => said < 5 && screen.say(['said ' + ++said]), 30);
      process.once('SIGINT', () => { clearInterval(drawing); clearInterval(saying); screen[Symbol.dispose](); });`;
    writeFileSync(join(workspace.folder, 'draw.mjs'), program);
    // when lines break, tmux moves as many rows off its top, where nobody can take anything away
    pane.type(`seq 20; ${process.execPath} draw.mjs; echo "ended with $?"`);
    await sees(pane, /^said 5\n(.*\n)*four /m);
    const seen = (): number[] =>
      [/^one /, /^two /, /^three /, /^four /].map((name) => pane.history().filter((line) => name.test(line)).length);
    for (const columns of [60, 119, 40, 100, 59, 120, 80]) {
      pane.resize(columns, 30);
      await expect.poll(() => pane.lines().at(-1)?.length, wait).toBe(columns);
      // until tmux has told of it, something may stand above
      await expect.poll(seen, { ...wait, timeout: 5000 }).toEqual([1, 1, 1, 1]);
    }
    pane.press('C-c');
    await sees(pane, 'ended with 0');
    const end = pane.history();
    expect(end.filter((line) => line.includes('▅'))).toEqual([]);
    expect(end.filter((line) => /^said \d$/.test(line))).toHaveLength(5);
  });

  it.each([12, 3])('in a terminal of %i rows it is never higher than that', async (rows) => {
    using workspace = new Workspace();
    using pane = new Pane(80, rows, workspace.folder);
    pane.type('clear');
    pane.run(quick);
    await sees(pane, /sending .*▮/);
    await sees(pane, / of 6000 attempted/);
    const history = pane.history();
    expect(history.filter((line) => / \d+:\d\d {2}\w/.test(line))).toHaveLength(1);
    expect(history.filter((line) => /^seed 7/.test(line))).toHaveLength(1);
    pane.press('C-c');
    await sees(pane, 'ended with 130');
    expect(counts(pane.history())).toEqual(never);
  });

  it('Ctrl-C: what it does is said, and the report of what there was stands alone', async () => {
    using workspace = new Workspace();
    using pane = new Pane(80, 40, workspace.folder);
    pane.run(quick);
    await sees(pane, /sending .*▮/);
    pane.press('C-c');
    await sees(pane, 'ended with 130');
    const end = pane.history();
    expect(counts(end)).toEqual(never);
    expect(end.join('\n')).toMatch(/SIGINT: stopping, healing, auditing what there is; once more to leave\n +now/);
    expect(end.filter((line) => line.includes('? INCONCLUSIVE'))).toHaveLength(1);
  });

  it('Ctrl-C twice leaves nothing but what was said', async () => {
    using workspace = new Workspace();
    using pane = new Pane(80, 40, workspace.folder);
    pane.run(quick);
    await sees(pane, /sending .*▮/);
    pane.press('C-c');
    await sees(pane, 'SIGINT: stopping');
    pane.press('C-c');
    await sees(pane, 'ended with 130');
    expect(counts(pane.history())).toEqual(never);
  });
});

describe.skipIf(missing !== undefined)(`where it is not drawn${missing === undefined ? '' : `: ${missing}`}`, () => {
  it.each(['TERM=dumb'])('%s: plain lines', async (variable) => {
    using workspace = new Workspace();
    using pane = new Pane(100, 60, workspace.folder);
    pane.run(quick, variable);
    await sees(pane, 'ended with 0');
    const end = pane.history();
    expect(counts(end)).toEqual(never);
    expect(end.join('\n')).toMatch(/starting ns, b1, b2\n.*sending 6000 messages\n/);
    expect(end.filter((line) => line.includes('▼ f1 kill b1 injected'))).toHaveLength(1);
  });
});
