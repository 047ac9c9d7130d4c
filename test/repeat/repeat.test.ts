import { describe, expect, it } from 'vitest';
import { annotationsOfRepeat } from '../../src/repeat/annotations.ts';
import { stepsOf } from '../../src/repeat/folder.ts';
import { repeatJunit } from '../../src/repeat/junit.ts';
import { repeatMarkdown } from '../../src/repeat/markdown.ts';
import { type RepeatedRun, repeatedRun, repeatRecord } from '../../src/repeat/record.ts';
import { seedsOf } from '../../src/repeat/seeds.ts';
import { renderRepeatTable } from '../../src/repeat/table.ts';
import { recordWith } from '../report/small-record.ts';
import { casesIn, isValidatorMissing, validated } from '../support/junit.ts';

const same = (text: string): string => text;
const paint = { green: same, red: same, yellow: same, dim: same, bold: same };
const asked = { profile: 'quick', seed: 7, repeat: 4, untilFailure: false, startedAt: '2026-01-02T03:04:05.678Z' };
const steps = stepsOf([7, 11, 13, 17]);

function runOf(at: number, verdict: RepeatedRun['verdict']): RepeatedRun {
  const step = steps[at]!;
  const record = recordWith({ verdict: { value: verdict, reasons: [`why ${step.seed} is ${verdict}`] } });
  return repeatedRun(step, record, 1500);
}

describe('seeds', () => {
  it('begin with the first, follow from it, and stay when there are more of them', () => {
    const five = seedsOf(7, 5);
    expect(five[0]).toBe(7);
    expect(seedsOf(7, 20).slice(0, 5)).toEqual(five);
    expect(seedsOf(8, 5).slice(1)).not.toEqual(five.slice(1));
  });
  it('are different ones, all of 32 bits', () => {
    const seeds = seedsOf(0, 10_000);
    expect(new Set(seeds).size).toBe(10_000);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed <= 0xffff_ffff)).toBe(true);
  });
});

it('a run is its folder’s record in short', () => {
  expect(runOf(0, 'pass')).toEqual({
    ...{ repetition: 1, seed: 7, folder: 'runs/1-7', verdict: 'pass', reasons: ['why 7 is pass'] },
    ...{ attempted: 100, acked: 99, lost: 0, duplicates: 14, recoveryMs: 2819, tookMs: 1500 },
  });
  const { counts } = recordWith();
  const harmed = recordWith({ counts: { ...counts, lost: 1, rolledBack: 2, skipped: 4 } });
  expect(repeatedRun(steps[0]!, harmed, 1).lost).toBe(7);
});

describe('the verdict and the bound', () => {
  const of = (...verdicts: RepeatedRun['verdict'][]) =>
    repeatRecord(
      asked,
      verdicts.map((each, at) => runOf(at, each)),
    );
  it('fail over inconclusive over pass; without a run nothing is known', () => {
    expect(of('pass', 'inconclusive', 'fail').verdict).toBe('fail');
    expect(of('pass', 'inconclusive').verdict).toBe('inconclusive');
    expect(of('pass', 'pass').verdict).toBe('pass');
    expect(of().verdict).toBe('inconclusive');
  });
  it('over what is decided; 95 % by Clopper and Pearson', () => {
    expect(of('pass', 'pass', 'inconclusive')).toMatchObject({ failed: 0, decided: 2 });
    expect(of('pass', 'pass', 'inconclusive').failsAtMost).toBeCloseTo(1 - Math.sqrt(0.05), 9);
    expect(of('pass', 'fail', 'pass').failsAtMost).toBeCloseTo(0.86465, 5);
    expect(of('fail').failsAtMost).toBe(1);
    expect(of().failsAtMost).toBe(1);
  });
  it('the first failure, not the last', () => {
    expect(of('pass', 'fail', 'fail').firstFailure?.seed).toBe(11);
    expect(of('pass')).not.toHaveProperty('firstFailure');
  });
});

const record = repeatRecord(asked, [runOf(0, 'pass'), runOf(1, 'fail'), runOf(2, 'inconclusive')]);

it('the table', () => {
  expect(renderRepeatTable(record, { paint, columns: 100, exitCode: 1, folder: 'out' })).toMatchInlineSnapshot(`
    "✗ FAIL  quick: 1 of 2 runs failed, 1 inconclusive, 1 of 4 not run  (exit 1)

      A run fails with a chance of at most 97.5 %, at 95 % confidence (Clopper and Pearson).

      seed  verdict       lost  duplicates  recovery  folder
      7     pass             0          14   2819 ms  runs/1-7
      11    fail             0          14   2819 ms  runs/2-11
        - why 11 is fail
      13    inconclusive     0          14   2819 ms  runs/3-13
        - why 13 is inconclusive

      folder  out
      files   repeat.json  junit.xml  repeat.md
      again   mqchaos run --plan out/runs/2-11/plan.json  the first failure"
  `);
});

it('a table of which every run failed, and of which none decides', () => {
  const text = (verdict: RepeatedRun['verdict']): string =>
    renderRepeatTable(repeatRecord(asked, [runOf(0, verdict)]), { paint, columns: 100, exitCode: 1, folder: '.' });
  expect(text('fail')).toContain('Every run failed, so nothing bounds the chance that one fails.');
  expect(text('fail')).toContain('mqchaos run --plan runs/1-7/plan.json');
  expect(text('inconclusive')).toContain('No run decides anything');
});

it('repeat.md', () => {
  expect(repeatMarkdown(record)).toMatchInlineSnapshot(`
    "# ✗ FAIL: quick: 1 of 2 runs failed, 1 inconclusive, 1 of 4 not run

    A run fails with a chance of at most 97.5 %, at 95 % confidence (Clopper and Pearson).

    The first failure is seed 11. Again, in this folder:

    \`\`\`sh
    mqchaos run --plan runs/2-11/plan.json
    \`\`\`

    | seed | verdict | lost | duplicates | recovery | folder |
    | ---: | --- | ---: | ---: | ---: | --- |
    | 7 | pass | 0 | 14 | 2819 ms | runs/1-7 |
    | 11 | fail | 0 | 14 | 2819 ms | runs/2-11 |
    | 13 | inconclusive | 0 | 14 | 2819 ms | runs/3-13 |

    ## Why

    - runs/2-11: why 11 is fail
    - runs/3-13: why 13 is inconclusive
    "
  `);
});

it('junit.xml has a case for each run that was asked for', () => {
  const xml = repeatJunit(record);
  expect(casesIn(xml)).toEqual(['run 1', 'run 2', 'run 3', 'run 4']);
  expect(xml).toContain('tests="4" failures="1" errors="1" skipped="1" time="4.500"');
  expect(casesIn(repeatJunit(repeatRecord(asked, [])))).toEqual(casesIn(xml));
});

it.skipIf(isValidatorMissing())('which is valid (xmllint, of libxml2-utils)', () => {
  expect(validated(repeatJunit(record))).toBe('- validates');
});

it('annotations: the whole, and the first failure', () => {
  expect(annotationsOfRepeat(record).map(({ title }) => title)).toEqual([
    'quick: ✗ FAIL',
    'quick: first failure, seed 11',
  ]);
  expect(annotationsOfRepeat(repeatRecord(asked, [runOf(0, 'pass')]))).toEqual([]);
});
