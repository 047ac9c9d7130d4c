/** What workers of the user's own report, and what they must not be believed. */
import { describe, expect, test } from 'vitest';
import { Story } from './support/story.ts';

const limits = { lost: 0, skipped: 0, unprocessed: 0, 'phantom-effect': 0 };

/** Messages sent and received, `seq` 0 and up, whose processing is reported. */
const reported = (count: number): Story => {
  const story = new Story();
  story.effects = 'reported';
  for (let seq = 0; seq < count; seq += 1) story.send(1, seq).receive(1, seq);
  return story;
};

describe('processing that consumers report', () => {
  test('each once: a pass, without any store', async () => {
    const story = reported(40);
    for (let seq = 0; seq < 40; seq += 1) story.effect(1, seq);
    const { verdict, counts, lines } = await story.audit({ limits });
    expect({ verdict, lines }).toMatchObject({ verdict: { value: 'pass' }, lines: [] });
    expect(counts).toMatchObject({ processable: 40, effectOnce: 40, unprocessed: 0 });
  });

  test('received and never processed is unprocessed, with the kill that took it', async () => {
    const story = reported(3).effect(1, 0).effect(1, 1).fault('f1', 6, 20, 'c1').end('c1', { closed: false });
    const { verdict, all } = await story.audit({ limits });
    expect(verdict.value).toBe('fail');
    expect(verdict.reasons).toContain('1 message unprocessed, expected at most 0');
    expect(all).toMatchObject([{ class: 'unprocessed', message: 'p1#2', group: 'g', fault: 'f1' }]);
  });

  test('twice is twice, and three times is three times', async () => {
    const story = reported(2).effect(1, 0).effect(1, 1).effect(1, 1).effect(1, 1);
    const { all, counts } = await story.audit({ limits });
    expect(all).toMatchObject([{ class: 'duplicate-effect', message: 'p1#1', times: 3, applied: 3 }]);
    expect(counts).toMatchObject({ effectOnce: 1, effectMore: 1, duplicateEffect: 1 });
  });

  test('is not decided while the drain is not proven', async () => {
    const story = reported(1);
    story.drained = false;
    const { verdict, counts } = await story.audit({ limits });
    expect(verdict.value).toBe('inconclusive');
    expect(counts.unprocessed).toBe(0);
  });

  test('where receipts may be missing nothing is skipped, lost or unprocessed, and the reason is told', async () => {
    const incomplete = 'lines of its command could not be used, so receipts may be missing';
    const story = reported(2).send(1, 2).store(1, 0).store(1, 1).store(1, 2).read().end('c1', { incomplete });
    const { verdict, counts } = await story.audit({ limits });
    expect(counts).toMatchObject({ skipped: 0, lost: 0, unseen: 1, unprocessed: 0 });
    expect(verdict.value).toBe('inconclusive');
    expect(verdict.reasons.join()).toContain(`c1.journal: ${incomplete}`);
  });
});

describe('a sender that contradicts itself', () => {
  test.each([['acked'], ['degraded'], ['rejected']] as const)(
    '%s, then disowned: unknown, never lost',
    async (outcome) => {
      const story = new Story().send(1, 0).receive(1, 0).send(1, 1, [outcome]).disown(1, 1).send(1, 2).receive(1, 2);
      const { counts, lines } = await story.audit({ limits });
      expect(counts).toMatchObject({ acked: 2, degraded: 0, rejected: 0, unknown: 1, lost: 0, undelivered: 1 });
      expect(lines).toEqual(['undelivered p1#1']);
    },
  );

  test('and delivered all the same: recovered, never contradicted', async () => {
    const story = new Story().send(1, 0, ['rejected']).disown(1, 0).receive(1, 0);
    const { counts } = await story.audit({ limits });
    expect(counts).toMatchObject({ unknown: 1, recovered: 1, contradicted: 0 });
  });

  test('an acknowledgement after the attempt was given up as unknown counts', async () => {
    const story = new Story().send(1, 0, ['unknown', 'acked']).receive(1, 0);
    const { counts } = await story.audit({ limits });
    expect(counts).toMatchObject({ acked: 1, unknown: 0 });
  });
});
