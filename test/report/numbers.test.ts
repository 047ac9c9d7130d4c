import { expect, test } from 'vitest';
import { paceTexts } from '../../src/report/words/numbers.ts';
import { audit, planOf, recordWith } from './small-record.ts';

const sentIn = (seconds: number, trigger: Record<string, unknown> = audit.faults[0]?.trigger ?? {}) =>
  paceTexts(
    recordWith(
      {
        counts: { ...audit.counts, attempted: 1000 },
        faults: audit.faults.map((fault) => ({ ...fault, trigger })),
        phases: [
          { phase: 'send', atNs: 1e9 },
          { phase: 'settle', atNs: (1 + seconds) * 1e9 },
        ],
      },
      { ...planOf(), producers: { ...planOf().producers, messages: 1000, ratePerSecond: 100 } },
    ),
  );

test('a rate that was reached is not told, nor one that an outage took a little of', () => {
  expect(sentIn(10)).toEqual([]);
  expect(sentIn(11)).toEqual([]);
});

test('a rate that was not reached is told, and what it did to faults that were due by time', () => {
  expect(sentIn(20)).toEqual(['50 messages a second were sent, not 100 as asked']);
  expect(sentIn(20, { due: '2000 ms', lateMs: 3, attempted: 68 })).toEqual([
    '50 messages a second were sent, not 100 as asked; what was due by time came at this share of the messages: f1 at 7%',
  ]);
});

test('without a rate, or the times of sending, nothing is told', () => {
  expect(paceTexts(recordWith())).toEqual([]);
});
