/** A line of findings.ndjson is what JSON.stringify would have written. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findingClasses } from '../../src/audit/class.ts';
import type { Finding } from '../../src/audit/finding.ts';
import { findingLine } from '../../src/audit/finding-line.ts';

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

test('any finding, any subset of its fields', () => {
  fc.assert(
    fc.property(finding, (each) => {
      const line = findingLine(each);
      expect(line.endsWith('\n')).toBe(true);
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(each)));
    }),
    { numRuns: 500 },
  );
});
