import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Audit } from '../../src/audit/audit.ts';
import { findingClasses } from '../../src/audit/class.ts';
import { renderJunit } from '../../src/report/ci/junit.ts';
import { type RunRecord, recordOf } from '../../src/report/record.ts';
import { casesIn, isValidatorMissing, validated } from '../support/junit.ts';
import { audit, planOf, recordWith } from './small-record.ts';

const lossy: Partial<Audit> = {
  verdict: {
    value: 'fail',
    reasons: ['2 messages lost, expected at most 0'],
    bounds: { recoveryMs: 'kept', ackedShare: 'kept' },
  },
  findings: [
    {
      class: 'lost',
      count: 2,
      allowed: false,
      limit: 0,
      examples: [
        { class: 'lost', message: 'p1.1#41', proved: true, fault: 'f1', when: 'during', confidence: 'likely' },
        { class: 'lost', message: 'p1.1#42', proved: true },
      ],
    },
    { class: 'reordered', count: 0, allowed: true, undecided: 'this broker has no positions', examples: [] },
  ],
};
const doubtful: Partial<Audit> = {
  verdict: { value: 'inconclusive', reasons: ['the drain is not proven'] },
  findings: [{ class: 'lost', count: 0, allowed: true, limit: 0, examples: [] }],
};

it('the cases: the verdict, each class, each expectation', () => {
  const names = casesIn(renderJunit(recordWith()));
  expect(names).toEqual(['verdict', ...findingClasses, 'recovery', 'acked share']);
  const expecting = { limits: {}, recoveryMs: 5000, ackedShare: 0.9, harm: ['lost'] } as const;
  const bounds = { recoveryMs: 'missed', ackedShare: 'kept' } as const;
  const verdict = { value: 'fail', reasons: ['f1: 6000 ms without an ack, expected at most 5000 ms'], bounds } as const;
  const xml = renderJunit(recordWith({ verdict }, planOf(expecting)));
  expect(casesIn(xml)).toEqual(['verdict', ...findingClasses, 'harm shown: lost', 'recovery', 'acked share']);
  expect(caseOf(xml, 'recovery')).toContain(
    '<failure message="expected at most 5000 ms without an ack" type="recovery">',
  );
  expect(caseOf(xml, 'acked share')).toContain('<system-out>expected at least 90 % acked</system-out>');
  expect(caseOf(xml, 'harm shown: lost')).toContain('<skipped');
});

it('the same cases for the same profile, whatever the outcome', () => {
  const [passed, failed, open] = [{}, lossy, doubtful].map((changes) => casesIn(renderJunit(recordWith(changes))));
  expect(failed).toEqual(passed);
  expect(open).toEqual(passed);
});

it('a fault that was too weak fails the harm that it was to show', () => {
  const verdict = { value: 'fail', reasons: ['0 messages lost'], tooWeak: ['lost'] } as const;
  const xml = renderJunit(recordWith({ verdict, findings: [] }, planOf({ limits: {}, harm: ['lost'] })));
  expect(caseOf(xml, 'harm shown: lost')).toContain('type="too-weak"');
  expect(resultsIn(xml)).toMatchObject({ failure: 2, error: 0 });
});

it('a run that passes', () => {
  const xml = renderJunit(recordWith());
  expect(xml.split('\n').slice(0, 9).join('\n')).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="mqchaos quick" tests="27" failures="0" errors="0" time="0.000">
      <testsuite name="mqchaos quick" tests="27" failures="0" errors="0" skipped="0" time="0.000" timestamp="2026-01-02T03:04:05">
        <testcase classname="mqchaos.quick" name="verdict" time="0.000">
          <system-out>None of 99 acknowledged messages was lost: the group received all of them.
    Is anything lost when a broker is killed while messages are in flight?
    99 of 100 messages acked, 1 fault injected and healed</system-out>
        </testcase>
        <testcase classname="mqchaos.quick" name="lost" time="0.000">"
  `);
  expect(caseOf(xml, 'reordered')).toMatchInlineSnapshot(`
    "<testcase classname="mqchaos.quick" name="reordered" time="0.000">
          <system-out>3: sent once, delivered after a later message of its producer and partition
    no bound was set
    p1.1#41, partition 2, position 1287, group g1, during f1 (likely)</system-out>
        </testcase>"
  `);
});

it('a run that fails: its verdict and each class above its limit', () => {
  const xml = renderJunit(recordWith(lossy));
  expect(resultsIn(xml)).toEqual({ failure: 2, error: 0, skipped: 1 });
  expect(caseOf(xml, 'verdict')).toMatchInlineSnapshot(`
    "<testcase classname="mqchaos.quick" name="verdict" time="0.000">
          <failure message="None of 99 acknowledged messages was lost: the group received all of them." type="fail">None of 99 acknowledged messages was lost: the group received all of them.
    Is anything lost when a broker is killed while messages are in flight?
    2 messages lost, expected at most 0</failure>
        </testcase>"
  `);
  expect(caseOf(xml, 'lost')).toMatchInlineSnapshot(`
    "<testcase classname="mqchaos.quick" name="lost" time="0.000">
          <failure message="2: acknowledged, and no group ever received it, expected at most 0" type="lost">2: acknowledged, and no group ever received it, expected at most 0
    p1.1#41, proved by the log, during f1 (likely)
    p1.1#42, proved by the log</failure>
        </testcase>"
  `);
  expect(caseOf(xml, 'reordered')).toContain(
    '<skipped message="undecided: this broker has no positions" type="undecided"/>',
  );
});

it('a run that is inconclusive: its verdict is an error, and no case passes', () => {
  const xml = renderJunit(recordWith(doubtful));
  expect(resultsIn(xml)).toEqual({ failure: 0, error: 1, skipped: findingClasses.length + 2 });
  expect(caseOf(xml, 'verdict')).toContain('type="inconclusive">');
  expect(caseOf(xml, 'lost')).toContain('<skipped message="the run is inconclusive: the drain is not proven"');
});

it('records of somebody else: neither when nor how long', () => {
  const xml = renderJunit(recordOf({ ...audit, phases: [] }));
  expect(xml).not.toContain('timestamp');
  expect(xml).toContain(
    '<testsuite name="mqchaos records" tests="25" failures="0" errors="0" skipped="0" time="0.000">',
  );
});

describe.skipIf(isValidatorMissing())('by the schema that CI servers use (xmllint, of libxml2-utils)', () => {
  it.each([
    ['pass', recordWith()],
    ['fail', recordWith(lossy)],
    ['inconclusive', recordWith(doubtful)],
    ['records', recordOf(audit)],
  ])('%s', (_name, record) => {
    expect(validated(renderJunit(record))).toBe('- validates');
  });

  it('it refuses what is not such a report', () => {
    const wrong = renderJunit(recordWith()).replace('<testsuites ', '<testsuites skipped="0" ');
    expect(validated(wrong)).toContain("The attribute 'skipped' is not allowed");
  });

  it('whatever the texts of others hold', { timeout: 120_000 }, () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        ']]>',
        '<![CDATA[',
        '&#0;',
        '&amp',
        '"',
        "'",
        '\ud800',
        '\udfff',
        '\ufffe',
        '\u0000',
        '\r',
        '-->',
        '<?',
      ),
    );
    const texts = fc.array(hostile, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, texts, texts, (reason, message, undecided) => {
        const xml = renderJunit(hostileRecord(reason, message, undecided));
        expect(validated(xml)).toBe('- validates');
      }),
      { numRuns: 200 },
    );
  });
});

it('text arrives as it was, but for what XML cannot hold', () => {
  const xml = renderJunit(hostileRecord('a ]]> b ]]> c \u001b[31m\u0000\ud800', '<a href="x">&', 'u'));
  expect(xml).toContain('a ]]&gt; b ]]&gt; c \uFFFD[31m\uFFFD\uFFFD');
  expect(xml).toContain('&lt;a href="x"&gt;&amp;');
});

function hostileRecord(reason: string, message: string, undecided: string): RunRecord {
  const examples = [{ class: 'phantom' as const, message }];
  return recordWith({
    verdict: { value: 'fail', reasons: [reason] },
    findings: [{ class: 'phantom', count: 1, allowed: false, limit: 0, undecided, examples }],
  });
}

function caseOf(xml: string, name: string): string {
  return (
    /<testcase .*<\/testcase>/s.exec(
      xml.split(/(?<=<\/testcase>)/).find((part) => part.includes(` name="${name}"`)) ?? '',
    )?.[0] ?? ''
  );
}

/** As counted, and as the suite says. */
function resultsIn(xml: string): Record<'failure' | 'error' | 'skipped', number> {
  const counted = (name: string): number => xml.split(`<${name} `).length - 1;
  const results = { failure: counted('failure'), error: counted('error'), skipped: counted('skipped') };
  expect(xml).toContain(`failures="${results.failure}" errors="${results.error}" skipped="${results.skipped}"`);
  return results;
}
