import { describe, expect, it } from 'vitest';
import { newCounts } from '../../src/audit/counts.ts';
import { outcomeOf, type Result, resultOf, setUpFailed } from '../../src/matrix/result.ts';
import { judgeRow } from '../../src/matrix/row-verdict.ts';
import { stepsOf } from '../../src/matrix/step.ts';
import { recordWith } from '../report/small-record.ts';
import { measure, result, whole } from './support/results.ts';

const flush = measure('sync-flush');
const none = { lost: 0, 'rolled-back': 0 };
const weak: Partial<Result> = { verdict: 'fail', tooWeak: ['lost'] };
const open = { verdict: 'inconclusive', reasons: ['fault f1 never fired'] } as const;

describe('what a run came to', () => {
  it('is taken from its record', () => {
    const [step] = stepsOf([flush], 7, 1);
    if (step === undefined) throw new Error('no step');
    const counts = { ...newCounts(), attempted: 50, acked: 40, lost: 3, undelivered: 9 };
    const findings = [
      { class: 'lost', count: 3, allowed: false, limit: 0, examples: [] },
      { class: 'undelivered', count: 9, allowed: true, examples: [] },
    ] as const;
    const record = recordWith({ counts, findings, verdict: { value: 'fail', reasons: ['3 lost'] } });
    expect(resultOf(step, flush, record, 1234.5)).toEqual({
      measure: 'sync-flush',
      half: 'on',
      repetition: 1,
      seed: step.seed,
      folder: 'runs/sync-flush-on-01',
      verdict: 'fail',
      reasons: ['3 lost'],
      attempted: 50,
      acked: 40,
      harm: { lost: 3, 'rolled-back': 0 },
      forbidden: ['lost'],
      gapMs: 2819,
      tookMs: 1235,
    });
  });

  it('on: held, harmed whatever the verdict, or open', () => {
    expect(outcomeOf(result('sync-flush', 'on'))).toBe('held');
    expect(outcomeOf(result('sync-flush', 'on', 1, { verdict: 'fail', forbidden: ['phantom'] }))).toBe('harmed');
    expect(outcomeOf(result('sync-flush', 'on', 1, { ...open, harm: { lost: 1 } }))).toBe('harmed');
    expect(outcomeOf(result('sync-flush', 'on', 1, open))).toBe('inconclusive');
  });

  it('off: its harm, none though the faults fired, another one, or open', () => {
    expect(outcomeOf(result('sync-flush', 'off'))).toBe('shown');
    expect(outcomeOf(result('sync-flush', 'off', 1, { harm: none, ...weak }))).toBe('weak');
    expect(outcomeOf(result('sync-flush', 'off', 1, { harm: none }))).toBe('weak');
    expect(outcomeOf(result('sync-flush', 'off', 1, { verdict: 'fail', forbidden: ['phantom'] }))).toBe('broken');
    expect(outcomeOf(result('sync-flush', 'off', 1, open))).toBe('inconclusive');
  });

  it('that could not be set up is open', () => {
    const [step] = stepsOf([flush], 7, 1);
    if (step === undefined) throw new Error('no step');
    expect(outcomeOf(setUpFailed(step, 'not set up: no port', 5))).toBe('inconclusive');
  });
});

describe('a row', () => {
  it('is proven when on held and off was harmed', () => {
    expect(judgeRow(flush, whole('sync-flush'), 1)).toEqual({ verdict: 'proven', reasons: [] });
  });

  it('is not held when any run with the measure on was harmed, and says which', () => {
    const results = [
      ...whole('sync-flush', 20),
      result('sync-flush', 'on', 21, { harm: { lost: 1 }, reasons: ['1 lost'] }),
    ];
    expect(judgeRow(flush, results, 21)).toEqual({ verdict: 'not-held', reasons: ['runs/sync-flush-on-21: 1 lost'] });
  });

  it('is not held when a third half was harmed', () => {
    const [on, asynchronous, off] = whole('sync-send');
    if (on === undefined || asynchronous === undefined || off === undefined) throw new Error('three halves');
    const harmed = { ...asynchronous, harm: { 'undelivered-silent': 1 } };
    expect(judgeRow(measure('sync-send'), [on, harmed, off], 1).verdict).toBe('not-held');
  });

  it('is not held when the off half broke something else', () => {
    const off = result('sync-flush', 'off', 1, { verdict: 'fail', forbidden: ['phantom'], reasons: ['1 phantom'] });
    const judged = judgeRow(flush, [result('sync-flush', 'on'), off], 1);
    expect(judged).toEqual({
      verdict: 'not-held',
      reasons: ['runs/sync-flush-off-01: not as its profile expects: 1 phantom'],
    });
  });

  it('has too weak a fault when off was not harmed', () => {
    const off = result('sync-flush', 'off', 1, { harm: none, ...weak, reasons: ['0 lost'] });
    expect(judgeRow(flush, [result('sync-flush', 'on'), off], 1)).toEqual({
      verdict: 'too-weak',
      reasons: ['runs/sync-flush-off-01: the faults fired, and harmed nothing: 0 lost'],
    });
  });

  it.each([
    [2, 'proven'],
    [3, 'too-weak'],
  ] as const)('of 20 with %i unharmed off runs: %s', (unharmed, verdict) => {
    const results = whole('sync-flush', 20).map((each) =>
      each.half === 'off' && each.repetition <= unharmed ? { ...each, harm: none, ...weak } : each,
    );
    const judged = judgeRow(flush, results, 20);
    expect([judged.verdict, judged.reasons.length]).toEqual([verdict, unharmed]);
  });

  it.each([
    ['on', 2, 'proven'],
    ['on', 3, 'inconclusive'],
    ['off', 2, 'proven'],
    ['off', 3, 'inconclusive'],
  ] as const)('of 20, %s, with %i open runs: %s', (half, many, verdict) => {
    const results = whole('sync-flush', 20).map((each) =>
      each.half === half && each.repetition <= many ? { ...each, ...open, harm: none } : each,
    );
    const judged = judgeRow(flush, results, 20);
    expect([judged.verdict, judged.reasons.length]).toEqual([verdict, many]);
  });

  it('is inconclusive while runs are missing, and when one of one is open', () => {
    expect(judgeRow(flush, [result('sync-flush', 'on')], 1)).toEqual({
      verdict: 'inconclusive',
      reasons: ['off: 0 of 1 runs'],
    });
    expect(judgeRow(flush, [], 20).verdict).toBe('inconclusive');
    expect(judgeRow(flush, [result('sync-flush', 'on', 1, open), result('sync-flush', 'off')], 1).verdict).toBe(
      'inconclusive',
    );
  });
});
