/** Effects as the store shows them: clean and guilty histories of each class, and what cannot be decided. */
import { describe, expect, test } from 'vitest';
import { none16 } from '../../src/journal/event.ts';
import { Story } from './support/story.ts';

/** Messages sent and received, `seq` 0 and up. */
const received = (count: number): Story => {
  const story = new Story();
  for (let seq = 0; seq < count; seq += 1) story.send(1, seq).receive(1, seq);
  return story;
};
const limits = { 'duplicate-effect': 0, unprocessed: 0, 'phantom-effect': 0, 'stale-overwrite': 0 };

describe('effects', () => {
  test('each once: nothing to say, and the numbers add up', async () => {
    const story = received(40);
    for (let seq = 0; seq < 40; seq += 1) story.effect(1, seq).hold(1, seq);
    const { lines, counts, verdict } = await story.audit({ limits });
    expect({ lines, verdict: verdict.value }).toEqual({ lines: [], verdict: 'pass' });
    expect(counts).toMatchObject({ processable: 40, effectOnce: 40, effectsApplied: 40, duplicateEffect: 0 });
  });

  test('applied twice is a duplicate, with its count and the fault; absorbed is none', async () => {
    const story = received(2).effect(1, 0).effect(1, 1).fault('f1', 10, 20);
    story.at(15).receive(1, 0, {}, 'c2').effect(1, 0, 'applied', 0, 'c2');
    story.receive(1, 1, {}, 'c2').effect(1, 1, 'absorbed', 0, 'c2').hold(1, 0, 3).hold(1, 1);
    const { all, counts } = await story.audit();
    const [finding] = all.filter(({ class: name }) => name === 'duplicate-effect');
    expect(finding).toMatchObject({ message: 'p1#0', group: 'g', times: 3, applied: 2, fault: 'f1', when: 'during' });
    expect(all.filter(({ class: name }) => name === 'duplicate-effect')).toHaveLength(1);
    expect(counts).toMatchObject({
      processable: 2,
      effectOnce: 1,
      effectMore: 1,
      duplicateEffect: 1,
      effectsAbsorbed: 1,
    });
  });

  test('applied twice because it was sent twice is attributed to what was in force when it was sent', async () => {
    const story = new Story().fault('f1', 10, 20).at(18).send(1, 0, ['unknown', 'acked']);
    story.at(21).receive(1, 0).effect(1, 0).receive(1, 0, { position: 7 }).effect(1, 0).hold(1, 0, 2);
    const { all } = await story.audit();
    expect(all.find((each) => each.class === 'duplicate-effect')).toMatchObject({ fault: 'f1', when: 'during' });
  });

  test('received and not in the store is unprocessed, whatever a consumer recorded, until its end', async () => {
    const story = received(3).effect(1, 0).effect(1, 2).hold(1, 0);
    story.fault('f1', 10, 30).at(20).end('c1', { closed: false });
    const { all, counts, verdict } = await story.audit({ limits });
    expect(all.map(({ class: name, message, applied }) => [name, message, applied])).toEqual([
      ['unprocessed', 'p1#1', 0],
      ['unprocessed', 'p1#2', 1], // the store forgot what it said that it did
    ]);
    expect(all[0]).toMatchObject({ fault: 'f1', when: 'during' }); // its consumer was at work until it was killed
    expect(counts).toMatchObject({ effectNone: 2, unprocessed: 2, effectOpen: 0 });
    expect(verdict.value).toBe('fail');
  });

  test.each([
    ['the group is not drained', (story: Story) => Object.assign(story, { drained: false }), {}],
    ['the store was not read to its end', (story: Story) => Object.assign(story, { storeRead: false }), {}],
    ['what was read is not all on record', (story: Story) => story.end('effects', { closed: false }), {}],
  ])('nothing is missing while %s', async (_, doubt) => {
    const { lines, counts, verdict } = await doubt(received(2).hold(1, 0)).audit({ limits });
    expect(lines.filter((line) => line.startsWith('unprocessed'))).toEqual([]);
    expect(counts).toMatchObject({ processable: 2, effectOnce: 1, effectOpen: 1, unprocessed: 0 });
    expect(verdict.value).toBe('inconclusive');
  });

  test('a duplicate is one, whatever else was not read', async () => {
    const story = received(1).hold(1, 0, 2);
    story.storeRead = false;
    expect((await story.audit({ limits })).verdict.value).toBe('fail');
  });

  test('of no message: never received, never sent, or not ours at all', async () => {
    const story = received(1).send(1, 1, ['unknown']).hold(1, 0).hold(1, 1).hold(1, 77).hold(9, 0);
    story.hold(none16, 0, 1, 'strange');
    const { lines, counts } = await story.audit();
    expect(lines.filter((line) => line.startsWith('phantom-effect'))).toEqual([
      'phantom-effect p1#1 g',
      'phantom-effect p1#77 g',
      'phantom-effect p9#0 g',
    ]);
    expect(counts.phantomEffect).toBe(4);
  });

  test('what a journal of a consumer may lack is no phantom', async () => {
    const story = received(1).send(1, 1).hold(1, 0).hold(1, 1).end('c1', { closed: false, noted: false });
    const { counts, verdict } = await story.audit({ limits });
    expect(counts.phantomEffect).toBe(0);
    expect(verdict.value).toBe('inconclusive');
  });

  test('two groups: one message is one finding, with a line for each group', async () => {
    const story = new Story().send(1, 0).receive(1, 0).receive(1, 0, { group: 1 }, 'c2').hold(1, 0, 2);
    story.groups = ['g', 'h'];
    story.hold(1, 0, 2, 'effect', 1);
    const { lines, counts } = await story.audit();
    expect(lines).toEqual(['duplicate-effect p1#0 g', 'duplicate-effect p1#0 h']);
    expect(counts).toMatchObject({ processable: 2, effectMore: 2, duplicateEffect: 1 });
  });
});

describe('shared keys', () => {
  /** Messages 0 to 3 under two keys: 0 and 2, 1 and 3. */
  const shared = (): Story => {
    const story = received(4);
    for (let seq = 0; seq < 4; seq += 1) story.effect(1, seq);
    return story;
  };

  test('the newest stands', async () => {
    const { lines, counts, verdict } = await shared()
      .hold(1, 2, 2, 'latest')
      .hold(1, 3, 2, 'latest')
      .audit({ limits: { 'stale-overwrite': 0 } });
    expect({ lines, verdict: verdict.value }).toEqual({ lines: [], verdict: 'pass' });
    expect(counts).toMatchObject({ processable: 4, effectHidden: 4, unprocessed: 0 });
  });

  test('an older one over a newer is stale; which messages were overwritten in between nobody can say', async () => {
    const { all, counts, findings } = await shared().hold(1, 2, 2, 'latest').hold(1, 1, 2, 'latest').audit();
    expect(all).toMatchObject([{ class: 'stale-overwrite', message: 'p1#3', by: 'p1#1', group: 'g' }]);
    expect(counts.staleOverwrite).toBe(1);
    expect(findings.find(({ class: name }) => name === 'unprocessed')?.undecided).toContain('share keys');
  });

  test('the effects of another producer are under keys of their own', async () => {
    const story = new Story();
    for (let seq = 0; seq < 32; seq += 1) story.send(1, seq).receive(1, seq).effect(1, seq);
    story.send(2, 0).receive(2, 0, { position: 40 }).effect(2, 0);
    story.send(2, 1).receive(2, 1, { position: 41 }).effect(2, 1);
    const { counts } = await story.hold(1, 31, 1, 'latest').hold(2, 1, 1, 'latest').audit();
    expect(counts.staleOverwrite).toBe(0);
  });

  test('a newer one that no store said it applied overwrote nothing', async () => {
    const story = received(4).effect(1, 0).effect(1, 1).hold(1, 0, 2, 'latest').hold(1, 1, 2, 'latest');
    expect((await story.audit()).counts.staleOverwrite).toBe(0);
  });
});
