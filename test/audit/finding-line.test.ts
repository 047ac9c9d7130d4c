/** A line of findings.ndjson is what JSON.stringify would have written. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findingClasses } from '../../src/audit/class.ts';
import type { Finding } from '../../src/audit/findings/finding.ts';
import { putFinding } from '../../src/audit/findings/finding-line.ts';
import { JsonBytes } from '../../src/audit/findings/json-bytes.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('p3#41', 'a"b', 'a\\b', 'line\nbreak', 'Nachricht für', '\u2028', '\ud800', ''),
);
const number48 = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  fc.constantFrom(0, 1, 1e6 - 1, 1e6, 1e9 - 1, 1e9, 1e9 + 1, 1_000_000_000_007, 2 ** 48 - 1),
);
const finding: fc.Arbitrary<Finding> = fc.record(
  {
    class: fc.constantFrom(...findingClasses),
    message: text,
    proved: fc.boolean(),
    how: fc.constantFrom('told' as const, 'silent' as const, 'died' as const),
    group: text,
    partition: fc.nat(65_534),
    position: number48,
    receivedAtNs: number48,
    redelivered: fc.boolean(),
    sentAtNs: number48,
    settledAtNs: number48,
    attempts: fc.nat(65_535),
    fault: text,
    otherFaults: fc.array(text),
    when: fc.constantFrom('during' as const, 'after' as const),
    confidence: fc.constantFrom('likely' as const, 'possible' as const),
    gapMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
    recovered: fc.boolean(),
  },
  { requiredKeys: ['class'] },
);

function written(findings: readonly Finding[]): string {
  const parts: Buffer[] = [];
  const out = new JsonBytes((bytes) => parts.push(Buffer.from(bytes)));
  for (const each of findings) putFinding(out, each);
  out.flush();
  out.flush();
  return Buffer.concat(parts).toString();
}

test('any finding, any subset of its fields', () => {
  fc.assert(
    fc.property(fc.array(finding, { maxLength: 5 }), (findings) => {
      const lines = written(findings).split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.map((line) => JSON.parse(line))).toEqual(findings.map((each) => JSON.parse(JSON.stringify(each))));
    }),
    { numRuns: 500 },
  );
});

test('the order of the fields, byte for byte', () => {
  const line = written([
    {
      class: 'lost',
      message: 'p3#41',
      proved: true,
      partition: 4,
      position: 1e12,
      sentAtNs: 0,
      attempts: 2,
      fault: 'f1',
    },
  ]);
  expect(line).toBe(
    '{"class":"lost","message":"p3#41","proved":true,"partition":4,"position":1000000000000,"sentAtNs":0,"attempts":2,"fault":"f1"}\n',
  );
});

test('more than a buffer holds, and names longer than one', () => {
  const many = Array.from({ length: 20_000 }, (_, at): Finding => ({ class: 'lost', message: `p1#${at}`, group: 'ä' }));
  const long: Finding = { class: 'lost', message: 'x'.repeat(300_000), group: 'ü'.repeat(200_000) };
  const findings = [...many, long, { class: 'lost', message: 'y'.repeat(262_143) } as const, ...many];
  const lines = written(findings).split('\n').slice(0, -1);
  expect(lines.map((line) => JSON.parse(line))).toEqual(findings);
});
