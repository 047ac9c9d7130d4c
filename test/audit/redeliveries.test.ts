/** What is redelivered by schedule: clean and guilty histories, and what cannot be decided. */
import { describe, expect, test } from 'vitest';
import { Story } from './support/story.ts';

const limits = { unprocessed: 0, 'dead-letter-lost': 0, 'over-retried': 0 };

/** A message that failed at its first try, under at most two redeliveries. */
const failedOnce = (deadLetter = true): Story => {
  const story = new Story().send(1, 0).receive(1, 0);
  story.redelivery = { attempts: 2, deadLetter };
  return story.fail(1, 0, 1);
};

describe('tries', () => {
  test('a further try is no duplicate, and one that did not fail is the end of it', async () => {
    const { lines, counts, verdict } = await failedOnce().retry(1, 0, 2).deadLettersRead().audit({ limits });
    expect({ lines, verdict: verdict.value }).toEqual({ lines: [], verdict: 'pass' });
    expect(counts).toMatchObject({ redeliveries: 1, extraDeliveries: 0, deliveries: 2, processingFailed: 1 });
  });

  test('the same try twice is undecided, whichever journal is read first', async () => {
    const story = failedOnce().retry(1, 0, 2, 'a0').retry(1, 0, 2, 'c9').deadLettersRead();
    const { lines, counts } = await story.audit({ limits });
    expect(lines).toEqual(['duplicate-undecided p1#0 g']);
    expect(counts).toMatchObject({ redeliveries: 2, extraDeliveries: 1, duplicateDelivered: 0, duplicateStored: 0 });
  });

  test('a number beyond the last is over-retried', async () => {
    const story = failedOnce().retry(1, 0, 3).retry(1, 0, 4).deadLettersRead();
    const { lines, counts, verdict } = await story.audit({ limits });
    expect(lines).toEqual(['over-retried p1#0 g']);
    expect([counts.overRetried, verdict.value]).toEqual([1, 'fail']);
  });

  test('without a schedule on record nothing is known of either class', async () => {
    const { findings } = await new Story().send(1, 0).receive(1, 0).audit();
    const undecided = findings.filter(({ undecided: why }) => why === 'nothing is redelivered by schedule');
    expect(undecided.map(({ class: name }) => name)).toEqual(['dead-letter-lost', 'over-retried']);
  });
});

describe('the end of a message', () => {
  /** Failed at every try. */
  const poison = (deadLetter = true): Story => {
    const story = failedOnce(deadLetter);
    for (const attempt of [2, 3]) story.retry(1, 0, attempt).fail(1, 0, attempt);
    return story;
  };
  const say = { kind: 'deadLettered', producer: 1, seq: 0, group: 0, session: 1, attempt: 3 } as const;

  test('in the dead letter topic: no harm', async () => {
    const { lines, counts, verdict } = await poison().consume(say).bury(1, 0).audit({ limits });
    expect({ lines, verdict: verdict.value }).toEqual({ lines: [], verdict: 'pass' });
    expect(counts).toMatchObject({ deadLetters: 1, deadLettered: 1, deadLetterLost: 0 });
  });

  test('a consumer said so, and it is not there: lost', async () => {
    const { all, verdict } = await poison().consume(say).deadLettersRead().audit({ limits });
    expect(all).toMatchObject([{ class: 'dead-letter-lost', message: 'p1#0', group: 'g' }]);
    expect(verdict.value).toBe('fail');
  });

  test('dropped, because there is no dead letter topic: unprocessed', async () => {
    expect((await poison(false).audit({ limits })).lines).toEqual(['unprocessed p1#0 g']);
  });

  test('a store of effects knows better than the records', async () => {
    const story = poison().deadLettersRead().hold(1, 0);
    const { lines, counts } = await story.audit({ limits });
    expect(lines).toEqual([]);
    expect(counts).toMatchObject({ processable: 1, effectOnce: 1, deadLetterLost: 0 });
  });

  test('without effect and buried, without effect and gone: told apart in the sums', async () => {
    const story = poison().bury(1, 0).send(1, 1).receive(1, 1).fail(1, 1, 1).send(1, 2).receive(1, 2);
    story.storeRead = true;
    const { lines, counts } = await story.audit({ limits });
    expect(lines).toEqual(['dead-letter-lost p1#1 g', 'unprocessed p1#2 g']);
    expect(counts).toMatchObject({ processable: 3, effectDead: 1, effectNone: 2, effectOpen: 0 });
  });

  test.each([
    ['it was not read to its end', (story: Story) => story.deadLettersRead(false)],
    ['it was never read', (story: Story) => story],
    [
      'what was read is not all on record',
      (story: Story) => story.deadLettersRead().end('dead-letters', { closed: false }),
    ],
    ['the group is not drained', (story: Story) => Object.assign(story.deadLettersRead(), { drained: false })],
  ])('nothing is lost while %s', async (_, doubt) => {
    const { lines, verdict } = await doubt(poison()).audit({ limits });
    expect(lines).toEqual([]);
    expect(verdict.value).toBe('inconclusive');
  });

  test('a dead letter of no message is a phantom', async () => {
    const { lines } = await failedOnce().retry(1, 0, 2).bury(1, 77).audit();
    expect(lines).toEqual(['phantom p1#77 g']);
  });
});
