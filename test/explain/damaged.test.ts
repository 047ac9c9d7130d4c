/** What is there is told, and what is missing is named. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { headerSizeBytes } from '../../src/journal/header.ts';
import { recordSizeBytes } from '../../src/journal/record.ts';
import { Story } from '../audit/support/story.ts';
import { tell, textOf, whatOf } from './support/told.ts';

const run = () => new Story().send(1, 0).receive(1, 0).send(1, 1).receive(1, 1);

describe('a journal', () => {
  test('that is torn is read so far, and named', async () => {
    const spoil = ({ path }: { path: string }): void => {
      const file = join(path, 'c1.journal');
      const bytes = readFileSync(file);
      const at = headerSizeBytes + recordSizeBytes + 16;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(file, bytes);
    };
    expect(whatOf(await tell(run(), 'p1#0', { spoil }))).toEqual(['sent', 'answered', 'received']);
    const story = await tell(run(), 'p1#1', { spoil });
    expect(whatOf(story)).toEqual(['sent', 'answered']);
    expect(story.damaged).toEqual(['c1.journal: record 1 (byte 4128) is damaged; what follows is not read']);
    expect(textOf(story)).toContain('damaged\n    c1.journal: record 1');
  });

  test('that is missing is named', async () => {
    const spoil = ({ path }: { path: string }): void => rmSync(join(path, 'c1.journal'));
    const story = await tell(run(), 'p1#1', { spoil });
    expect(story.damaged).toEqual(['c1.journal: the journal of c1 is missing']);
    expect(story.absences).toContain('no journal of a consumer is there to say whether it was received');
  });

  test('whose header is damaged is named', async () => {
    const spoil = ({ path }: { path: string }): void => truncateSync(join(path, 'c1.journal'), 100);
    const { damaged } = await tell(run(), 'p1#1', { spoil });
    expect(damaged).toEqual([expect.stringMatching(/^c1\.journal: .*header is damaged/)]);
  });

  test('of a writer that was killed is whole as far as the runner counted', async () => {
    const killed = run().end('c1', { closed: false });
    expect((await tell(killed, 'p1#1')).damaged).toEqual([]);
  });
});

test('a run that was aborted, and not audited', async () => {
  const cut = run();
  cut.runnerClosed = false;
  const story = await tell(cut, 'p1#1', { audit: false });
  expect(story.findings).toBeNull();
  expect(story.damaged).toEqual(['the journal of the runner is not closed: the run did not come to its end']);
  expect(story.conclusion).toMatchObject({
    certainty: 'unknown',
    sentence: expect.stringContaining('is for an audit to say'),
  });
  expect(textOf(story)).toMatch(/^p1#1 {2}acked, not audited/);
});

test('a message that is in no journal', async () => {
  await expect(tell(run(), 'p1#5')).rejects.toMatchObject({
    code: 'no-such-message',
    exitCode: 2,
    hint: 'p1 sent 2 messages: p1:0 to p1:1',
  });
});
