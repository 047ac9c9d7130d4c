import { describe, expect, it } from 'vitest';
import { renderMatrixMarkdown } from '../../src/matrix/markdown.ts';
import { matrixRecord, verdictOfMatrix } from '../../src/matrix/record.ts';
import { renderMatrixTable } from '../../src/matrix/table.ts';
import { result, whole } from './support/results.ts';
import { choices, results, rowsOf } from './support/table.ts';

const same = (text: string): string => text;
const paint = { green: same, red: same, yellow: same, dim: same, bold: same };
const record = matrixRecord(
  choices(),
  rowsOf({ 'redis-id': 'redis-server is not on the PATH: apt-get install it' }),
  results,
);

describe('the table', () => {
  it('has a line for each half that is no half of the pair, gaps, reasons, and what is not run', () => {
    const text = renderMatrixTable(record, { paint, columns: 100, exitCode: 1, folder: 'm' });
    expect(`\n${text}\n`).toBe(`
✗ FAIL  2 of 4 measures proven  seed 7  7 runs in 11 s  (exit 1)

                          on                               off
  measure          attempted  acked          harm    attempted  acked            harm  verdict
  sync-send              100     99             0          100     99              12  ✓ proven
    async                100     99             0
    synchronous send: master paused, then kill -9, and back; harm: undelivered-silent
  several-masters        100     99  0, 40 ms gap          100     99  12, 12.3 s gap  ✓ proven
    several masters: one master down for longer than the whole retry budget; harm: undelivered
  sync-flush             100     99             2          100     99              12  ✗ not held
    synchronous flush: power cut of the master; harm: lost, rolled-back
    - runs/sync-flush-on-01: 2 messages lost
  redis-id                                                                             – not run
    - redis-server is not on the PATH: apt-get install it

  folder  m
  files   matrix.md  matrix.json  junit.xml  results.ndjson  runs/*/record.json  runs/*/findings.ndjson
  again   mqchaos matrix --only sync-send several-masters sync-flush redis-id --seed 7
`);
  });

  it('of repetitions counts runs, with the bound of those that decide', () => {
    const many = [...whole('sync-flush', 20)].map((each) =>
      each.half === 'on' && each.repetition === 20 ? { ...each, verdict: 'inconclusive' as const } : each,
    );
    const rows = rowsOf().filter(({ measure: { name } }) => name === 'sync-flush');
    const text = renderMatrixTable(matrixRecord(choices({ repeat: 20 }), rows, many), {
      paint,
      columns: 100,
      exitCode: 0,
      folder: 'm',
    });
    expect(text).toContain('1 of 1 measure proven, each 20 times  seed 7  40 runs in 1 min 0 s');
    expect(text).toMatch(/sync-flush +2000 +1980 +0 +0 of 19, < 14\.6 % +2000 +1980 +240 +20 of 20 +✓ proven/);
  });

  it('in Markdown says the same, and where the harmed messages are named', () => {
    const text = renderMatrixMarkdown(record);
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    expect(new Set(rows.map((line) => line.split('|').length))).toEqual(new Set([12]));
    expect(rows.slice(2).map((line) => line.split('|').at(-2)?.trim())).toEqual([
      '✓ proven',
      '',
      '✓ proven',
      '✗ not held',
      '– not run',
    ]);
    expect(text).toContain('- sync-flush: runs/sync-flush-on-01: 2 messages lost');
    expect(text).toContain(
      '- sync-flush: `runs/sync-flush-on-01/findings.ndjson`, `runs/sync-flush-off-01/findings.ndjson`',
    );
    expect(text).toContain('- redis-id: redis-server is not on the PATH');
  });
});

describe('the record', () => {
  it('sums the runs of a half and keeps each with its seed, folder and outcome', () => {
    const row = matrixRecord(choices({ repeat: 2 }), rowsOf(), whole('sync-flush', 2)).rows.find(
      (each) => each.measure === 'sync-flush',
    );
    expect(row?.halves[1]).toMatchObject({
      half: 'off',
      profile: 'sync-flush-off',
      attempted: 200,
      acked: 198,
      harm: 24,
      harmBy: { lost: 24, 'rolled-back': 0 },
      done: 2,
      decided: 2,
      harmed: 2,
      harmedAtMost: 1,
      runs: [
        { repetition: 1, folder: 'runs/sync-flush-off-01', outcome: 'shown' },
        { repetition: 2, folder: 'runs/sync-flush-off-02', outcome: 'shown' },
      ],
    });
  });

  it('as a whole: one row that does not hold fails it, none that was run shows nothing', () => {
    const rows = rowsOf().filter(({ measure: { name } }) => name === 'sync-flush');
    const absent = rows.map((row) => ({ ...row, missing: 'no' }));
    const verdicts = [
      matrixRecord(choices(), rows, whole('sync-flush')),
      matrixRecord(choices(), rows, [result('sync-flush', 'on')]),
      matrixRecord(choices(), absent, []),
      record,
    ].map(verdictOfMatrix);
    expect(verdicts).toEqual(['pass', 'inconclusive', 'inconclusive', 'fail']);
  });
});
