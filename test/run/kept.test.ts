import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processStart } from '../../src/cluster/proc.ts';
import { cleanable } from '../../src/run/folder/clean.ts';
import { keptRuns } from '../../src/run/folder/kept.ts';
import { prune } from '../../src/run/folder/prune.ts';

const before = process.cwd();
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mqchaos-test-'));
  process.chdir(home);
});
afterEach(() => {
  process.chdir(before);
  rmSync(home, { recursive: true, force: true });
});

const alive = { kind: 'runner', pid: process.pid, start: processStart(process.pid) };
const dead = { kind: 'runner', pid: 2 ** 22, start: 'never' };

function file(path: string, content: unknown): void {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
}

/** @param hour when it began. */
function makeRun(name: string, hour: number, { record = true, open = [dead] as object[] } = {}): string {
  const path = join('.mqchaos', 'runs', name);
  mkdirSync(join(path, 'journal'), { recursive: true, mode: 0o700 });
  file(join(path, 'plan.json'), { name: 'quick', seed: hour });
  file(join(path, 'ledger.ndjson'), open.map((entry, at) => `${JSON.stringify({ id: at + 1, entry })}\n`).join(''));
  if (record) file(join(path, 'record.json'), { startedAt: at(hour), verdict: { value: 'pass', reasons: [] } });
  return path;
}

function makeRepeat(name: string, hour: number, owner: object = dead): string {
  const path = join('.mqchaos', 'repeat', name);
  mkdirSync(join(path, 'runs'), { recursive: true, mode: 0o700 });
  file(join(path, 'owner.json'), owner);
  const record = { profile: 'slow', seed: 1, startedAt: at(hour), verdict: 'fail', runs: [{}, {}, {}] };
  file(join(path, 'repeat.json'), record);
  return path;
}

const at = (hour: number): string => `2026-01-02T${String(hour).padStart(2, '0')}:00:00.000Z`;
const left = () => readdirSync(join('.mqchaos', 'runs')).sort();

describe('the list', () => {
  it('is empty where nothing ever ran', () => {
    expect(keptRuns()).toEqual([]);
  });

  it('has runs and repetitions, newest first, with what they came to', () => {
    makeRun('a', 1);
    makeRepeat('b', 3);
    makeRun('c', 2);
    const sizeBytes = expect.any(Number);
    expect(keptRuns()).toEqual([
      {
        ...{ folder: '.mqchaos/repeat/b', state: 'finished', startedAt: at(3), sizeBytes },
        ...{ profile: 'slow', seed: 1, verdict: 'fail', repeat: 3 },
      },
      {
        folder: '.mqchaos/runs/c',
        state: 'finished',
        startedAt: at(2),
        profile: 'quick',
        seed: 2,
        verdict: 'pass',
        sizeBytes,
      },
      {
        folder: '.mqchaos/runs/a',
        state: 'finished',
        startedAt: at(1),
        profile: 'quick',
        seed: 1,
        verdict: 'pass',
        sizeBytes,
      },
    ]);
  });

  it('knows a run at work, one that left something over, and one that was never judged', () => {
    makeRun('at-work', 1, { open: [alive] });
    makeRun('left-over', 2, { open: [dead, { kind: 'topic', topic: 't' }] });
    makeRun('not-judged', 3, { record: false });
    makeRepeat('repeated', 4, alive);
    const states = Object.fromEntries(keptRuns().map(({ folder, state }) => [folder.split('/').at(-1), state]));
    expect(states).toEqual({
      ...{ 'at-work': 'at work', 'left-over': 'left over', 'not-judged': 'not judged' },
      repeated: 'at work',
    });
  });

  it.each(['null', '[]', '{', '{"startedAt":"x","verdict":{"value":"pass"}}', '\u0000'])(
    'takes a record that holds %j for none',
    (content) => {
      file(join(makeRun('a', 1), 'record.json'), content);
      expect(keptRuns().map(({ state }) => state)).toEqual(['not judged']);
    },
  );

  it.skipIf(process.getuid?.() === 0)('leaves out what is not ours to look into', () => {
    chmodSync(makeRun('closed', 1), 0o000);
    makeRun('open', 2);
    expect(keptRuns().map(({ folder }) => folder)).toEqual(['.mqchaos/runs/open']);
    chmodSync('.mqchaos/runs/closed', 0o700);
  });

  it('has the runs of a repetition among those that can be cleaned', () => {
    const run = join(makeRepeat('b', 1), 'runs', '1-7');
    mkdirSync(run);
    file(join(run, 'ledger.ndjson'), '');
    expect(cleanable([]).map(({ path }) => path)).toContain(join(process.cwd(), run));
  });

  it('counts what is on the disk, through no link', () => {
    const path = makeRun('a', 1);
    const size = keptRuns()[0]!.sizeBytes;
    writeFileSync(join(path, 'big'), Buffer.alloc(1_000_000, 1));
    symlinkSync('/usr', join(path, 'link'));
    const grown = keptRuns()[0]!.sizeBytes - size;
    expect(grown).toBeGreaterThanOrEqual(1_000_000);
    expect(grown).toBeLessThan(1_100_000);
  });
});

describe('prune', () => {
  it('keeps the newest, a repetition as one', () => {
    for (const hour of [1, 2, 3, 4]) makeRun(`r${hour}`, hour);
    const repeated = makeRepeat('b', 5);
    expect(prune(2, false).removed.map(({ seed }) => seed)).toEqual([3, 2, 1]);
    expect([left(), existsSync(repeated)]).toEqual([['r4'], true]);
    expect(prune(2, false)).toEqual({ removed: [], left: [] });
  });

  it('says what it would do, and does nothing', () => {
    for (const hour of [1, 2]) makeRun(`r${hour}`, hour);
    expect(prune(0, true).removed).toHaveLength(2);
    expect(left()).toEqual(['r1', 'r2']);
  });

  it('touches none that is at work, to be undone or not judged, however old', () => {
    makeRun('at-work', 1, { open: [alive] });
    makeRun('left-over', 2, { open: [dead, { kind: 'topic', topic: 't' }] });
    makeRun('not-judged', 3, { record: false });
    makeRun('old', 4);
    const repeated = makeRepeat('b', 1, alive);
    const { removed, left: kept } = prune(0, false);
    expect(removed.map(({ folder }) => folder)).toEqual(['.mqchaos/runs/old']);
    expect(kept.map(({ why }) => why)).toHaveLength(4);
    expect([left(), existsSync(repeated)]).toEqual([['at-work', 'left-over', 'not-judged'], true]);
  });

  it('touches nothing that is no run: other folders, files, links to runs elsewhere', () => {
    mkdirSync(join(home, 'elsewhere'));
    const run = makeRun('real', 1);
    symlinkSync(join(home, run), join('.mqchaos', 'runs', 'link'));
    mkdirSync(join('.mqchaos', 'runs', 'notes'));
    file(join('.mqchaos', 'runs', 'notes', 'plan.json'), {});
    file(join('.mqchaos', 'runs', 'file'), 'x');
    symlinkSync(join(home, 'elsewhere'), join('.mqchaos', 'runs', '.removed-x'));
    expect(prune(0, false).removed.map(({ folder }) => folder)).toEqual(['.mqchaos/runs/real']);
    expect(left()).toEqual(['.removed-x', 'file', 'link', 'notes']);
    expect(existsSync('elsewhere')).toBe(true);
  });

  it('touches none that another user may write to, and says so', () => {
    chmodSync(makeRun('shared', 1), 0o777);
    const { removed, left: kept } = prune(0, false);
    expect([removed, kept.map(({ why }) => why)]).toEqual([[], ['.mqchaos/runs/shared may be written by other users']]);
    expect(left()).toEqual(['shared']);
  });

  it('removes what is a link in a run, and not what it leads to', () => {
    mkdirSync('elsewhere');
    file('elsewhere/precious', 'x');
    symlinkSync(join(home, 'elsewhere'), join(makeRun('a', 1), 'nodes'));
    prune(0, false);
    expect([left(), existsSync('elsewhere/precious')]).toEqual([[], true]);
  });

  it('ends what a prune that was killed had begun, and forgets a latest that is gone', () => {
    mkdirSync(join('.mqchaos', 'runs', '.removed-a', 'journal'), { recursive: true, mode: 0o700 });
    makeRun('r1', 1);
    symlinkSync(join('runs', 'r1'), join('.mqchaos', 'latest'));
    prune(1, false);
    expect([left(), lstatSync('.mqchaos/latest').isSymbolicLink()]).toEqual([['r1'], true]);
    prune(0, false);
    expect([left(), lstatSync('.mqchaos/latest', { throwIfNoEntry: false })]).toEqual([[], undefined]);
  });
});
