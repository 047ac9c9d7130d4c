import { expect, test } from 'vitest';
import { renderMatrixJunit } from '../../src/matrix/junit.ts';
import { matrixRecord } from '../../src/matrix/record.ts';
import { casesIn, isValidatorMissing, validated } from '../support/junit.ts';
import { choices, results, rowsOf } from './support/table.ts';

const shown = renderMatrixJunit(matrixRecord(choices(), rowsOf({ 'redis-id': 'no Redis' }), results));

test('a case for each measure, whatever came of it', () => {
  expect(casesIn(shown)).toEqual(['sync-send', 'several-masters', 'sync-flush', 'redis-id']);
  const none = renderMatrixJunit(matrixRecord(choices(), rowsOf(), []));
  expect(casesIn(none)).toEqual(casesIn(shown));
});

test('not held fails, what was not run is skipped, and says why', () => {
  expect(shown).toMatch(/<testsuite [^>]*tests="4" failures="1" errors="0" skipped="1"/);
  expect(shown).toMatch(/name="sync-flush"[\s\S]*<failure [^>]*type="not-held"/);
  expect(shown).toMatch(/name="redis-id"[\s\S]*<skipped message="no Redis" type="not-run"/);
});

test.skipIf(isValidatorMissing())('valid by the schema of CI servers', () => {
  expect(validated(shown)).toBe('- validates');
});
