import { describe, expect, it } from 'vitest';
import type { Audit } from '../../src/audit/audit.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { compare, whyIncomparable } from '../../src/report/comparison/comparison.ts';
import { comparisonMarkdown, renderComparison } from '../../src/report/comparison/text.ts';
import { type RunRecord, recordOf } from '../../src/report/record.ts';
import { audit, planOf, recordWith } from './small-record.ts';

const same = (text: string): string => text;
const paint = { green: same, red: same, yellow: same, dim: same, bold: same };

const [fault] = audit.faults;
const { ack } = audit.latency;
const before = recordWith();
const later = (changes: Partial<Audit> = {}, plan?: Plan): RunRecord => recordWith({ run: 'later', ...changes }, plan);
const changeOf = (list: readonly { readonly name: string; readonly change: string }[], name: string) =>
  list.find((each) => each.name === name)?.change;

it('the same again: nothing better, nothing worse', () => {
  const { warnings, verdict, acked, classes, latency, recovery } = compare(later(), before);
  expect(warnings).toEqual([]);
  expect([verdict, acked.change, ...[...classes, ...latency, ...recovery].map(({ change }) => change)]).toEqual(
    Array(8).fill('same'),
  );
});

describe('by class', () => {
  const classes = (findings: Audit['findings'], plan?: Plan) => compare(later({ findings }, plan), before).classes;
  it('less is better, more is worse, none in either is not told', () => {
    const found = classes([
      { class: 'reordered', count: 2, allowed: true, examples: [] },
      { class: 'lost', count: 1, allowed: false, limit: 0, examples: [] },
      { class: 'phantom', count: 0, allowed: true, limit: 0, examples: [] },
    ]);
    expect(found).toEqual([
      { name: 'lost', before: 0, after: 1, change: 'worse' },
      { name: 'duplicate-stored', before: 12, after: 0, change: 'better' },
      { name: 'reordered', before: 3, after: 2, change: 'better' },
    ]);
  });
  it('what was not decided is not 0', () => {
    const undecided = { class: 'reordered', count: 0, allowed: true, undecided: 'no positions', examples: [] } as const;
    expect(classes([undecided])).toContainEqual({ name: 'reordered', before: 3, after: null, change: 'other' });
  });
  it('a harm that is to be shown, and what only lacked an answer, get neither better nor worse', () => {
    const plan = planOf({ limits: {}, harm: ['lost'] });
    const more = [
      { class: 'lost', count: 9, allowed: true, examples: [] },
      { class: 'recovered', count: 4, allowed: true, examples: [] },
    ] as const;
    const found = classes(more, plan);
    expect([changeOf(found, 'lost'), changeOf(found, 'recovered')]).toEqual(['other', 'other']);
  });
});

it('latency: a tenth is the same', () => {
  const latency = { ack: { ...ack!, p50Us: ack!.p50Us * 1.09, p99Us: ack!.p99Us * 1.2, maxUs: ack!.maxUs / 2 } };
  const found = compare(later({ latency }), before).latency;
  expect(found.map(({ name, change }) => [name, change])).toEqual([
    ['ack p50', 'same'],
    ['ack p99', 'worse'],
    ['ack max', 'better'],
  ]);
});

it('recovery, by fault: one after which no ack came again is the worst', () => {
  const recovery = (changes: object, of = before) =>
    compare(later({ faults: [{ ...fault!, ...changes }] }), of).recovery;
  expect(recovery({ recoveryMs: 900 })).toEqual([{ name: 'f1 kill b2', before: 2819, after: 900, change: 'better' }]);
  expect(recovery({ recovered: false })).toEqual([{ name: 'f1 kill b2', before: 2819, after: null, change: 'worse' }]);
  expect(recovery({ id: 'f9' })).toEqual([]);
  const { recoveryMs: _, recovered: __, ...unmeasured } = fault!;
  expect(compare(later({ faults: [unmeasured] }), before).recovery[0]).toMatchObject({ after: null, change: 'other' });
});

it('the verdict: pass over inconclusive over fail; a run without evidence is warned of', () => {
  const of = (value: 'pass' | 'fail' | 'inconclusive') => later({ verdict: { value, reasons: ['r'] } });
  expect(compare(of('fail'), before).verdict).toBe('worse');
  expect(compare(of('inconclusive'), before)).toMatchObject({
    verdict: 'worse',
    warnings: ['run later is inconclusive: its numbers prove nothing'],
  });
  expect(compare(of('inconclusive'), of('fail')).verdict).toBe('better');
});

describe('what does not compare, and what is warned of', () => {
  const plan = planOf();
  const warnings = (changed: Plan): readonly string[] => compare(later({}, changed), before).warnings;
  it('another profile, and somebody else’s records', () => {
    expect(whyIncomparable(later({}, { ...plan, name: 'slow' }), before)).toBe(
      'one is of profile slow, the other of profile quick',
    );
    expect(whyIncomparable({ ...recordOf(audit), run: 'x' }, before)).toContain('records of somebody else');
    expect(whyIncomparable(later(), before)).toBeUndefined();
  });
  it('another seed, whose faults chose other targets', () => {
    const faults = plan.faults.map((each) => ({ ...each, target: { type: 'nodes' as const, nodes: ['b9'] } }));
    expect(warnings({ ...plan, seed: 8, faults })).toEqual([
      'the seeds differ, 7 → 8: faults may have met other targets at other moments',
    ]);
  });
  it('another broker, and nothing of its settings', () => {
    const cluster = { ...plan.cluster, broker: 'other' } as Plan['cluster'];
    expect(warnings({ ...plan, cluster })).toEqual([`the brokers differ, ${plan.cluster.broker} → other`]);
  });
  it('other keys, the first of them by name', () => {
    const producers = { ...plan.producers, retries: 0 };
    expect(warnings({ ...plan, producers })).toEqual(['producers.retries differs, 3 → 0']);
    const { ratePerSecond: _, ...most } = plan.producers;
    expect(warnings({ ...plan, producers: most })).toEqual(['producers.ratePerSecond differs, 2500 → absent']);
    const limits = Object.fromEntries(Object.keys(plan.expect.limits).map((name) => [name, 99]));
    expect(warnings({ ...plan, expect: { ...plan.expect, limits } }).at(-1)).toBe('and 2 more keys of the plan');
  });
  it('another mqchaos', () => {
    const other = { ...later(), environment: { mqchaos: '9.0.0' } };
    expect(compare(other, before).warnings).toEqual(['mqchaos differs: undefined → 9.0.0']);
  });
});

it('the text, and its Markdown', () => {
  const worse = later({ findings: [{ class: 'lost', count: 2, allowed: false, limit: 0, examples: [] }] });
  const comparison = compare({ ...worse, seed: 8, profile: { ...planOf(), seed: 8 } }, before);
  expect(renderComparison(comparison, { paint, columns: 100, exitCode: 1 })).toMatchInlineSnapshot(`
    "✓ PASS  quick  seed 8  (exit 1)
      compared with run 00000007-0a0b0c0d: pass, quick  seed 7

      ! the seeds differ, 7 → 8: faults may have met other targets at other moments

                           before    after
      verdict                pass     pass  = same
      acked                    99       99  = same
      lost                      0        2  ✗ worse
      duplicate-stored         12        0  ✓ better
      reordered                 3        0  ✓ better
      latency, ack p50     5.1 ms   5.1 ms  = same
      latency, ack p99     174 ms   174 ms  = same
      latency, ack max     252 ms   252 ms  = same
      no ack, f1 kill b2  2819 ms  2819 ms  = same

      One run beside one run: what differs may be chance. Times within a tenth of each other are called
      the same."
  `);
  expect(comparisonMarkdown(comparison)).toContain('| lost | 0 | 2 | ✗ worse |');
});
