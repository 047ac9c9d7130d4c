/** What is written of somebody else's records beside the record. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTimeline } from '../../src/report/timeline.ts';
import { timelineFile } from '../../src/report/timeline-file.ts';
import { judgeForeign } from '../../src/run/foreign/foreign.ts';

class Records implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'mqchaos-foreign-'));

  /** Eleven messages, a second apart; those in `untimed` without a time. */
  async judge(untimed: readonly number[]): Promise<{ page: string; timeline?: ReturnType<typeof readTimeline> }> {
    const all = Array.from({ length: 11 }, (_, at) => at);
    const lines = (more: object): string =>
      all
        .map((at) => ({
          id: `m${at}`,
          ...more,
          ...(untimed.includes(at) ? {} : { time: 1_767_268_800 * 1e9 + at * 1e9 }),
        }))
        .map((line) => `${JSON.stringify(line)}\n`)
        .join('');
    const [sent, received, out] = ['sent', 'received', 'out'].map((name) => join(this.folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(sent, lines({ outcome: 'acked' }));
    writeFileSync(received, lines({}));
    const record = await judgeForeign({ sent, received, complete: true, out });
    const file = join(out, timelineFile);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    return existsSync(file) ? { page, timeline: readTimeline(readFileSync(file, 'utf8'), record.run) } : { page };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

test('records that all have a time have a timeline', async () => {
  using records = new Records();
  const { page, timeline } = await records.judge([]);
  const acked = timeline?.messages.acked.flatMap((count, bin) => (count === 0 ? [] : [[bin, count]]));
  const width = timeline?.widthNs ?? 0;
  expect(acked).toEqual(Array.from({ length: 11 }, (_, at) => [Math.floor((at * 1e9) / width), 1]));
  expect(page).toContain('id="charts"');
});

test('one without a time would lie at the wrong place: then there is none, and the page says why', async () => {
  using records = new Records();
  const { page, timeline } = await records.judge([4]);
  expect(timeline).toBeUndefined();
  expect(page).toContain('No chart: not every one of these records has a time.');
});
