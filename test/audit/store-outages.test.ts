/** Outages of the stores: windows that follow from what was recorded, and change nothing else. */
import { describe, expect, test } from 'vitest';
import { storeOutages } from '../../src/audit/windows/store-outages.ts';
import { StoreSightings } from '../../src/audit/windows/store-sightings.ts';
import { kinds, storeStates } from '../../src/journal/event.ts';
import { putRecord, recordWords } from '../../src/journal/record.ts';
import { Story } from './support/story.ts';

const store = 'redis at h:6379';
/** Ten messages, each with its effect. */
const healthy = (): Story => {
  const story = new Story();
  for (let seq = 0; seq < 10; seq += 1) story.send(1, seq).receive(1, seq).effect(1, seq).hold(1, seq);
  return story;
};

describe('an outage', () => {
  test('is from the first failed call to the last who got an answer again, with what it took', async () => {
    const story = healthy().at(90).reach().at(100).lose();
    story.at(110).lose({ why: 'store-unreachable' }, 'c2').at(2300).reach({ calls: 2, connects: 20 }, 'c1');
    story.at(2350).reach({ calls: 0, connects: 21 }, 'c2');
    const { storeOutages: found, verdict } = await story.audit({ limits: { lost: 0, unprocessed: 0 } });
    expect(verdict.value).toBe('pass');
    const seenBy = [
      { name: 'c1', fromNs: 100e6, toNs: 2300e6 },
      { name: 'c2', fromNs: 110e6, toNs: 2350e6 },
    ];
    const cost = { calls: 2, connects: 41, tries: 0 };
    expect(found).toEqual([{ store, fromNs: 100e6, toNs: 2350e6, seenBy, ...cost, faults: [] }]);
  });

  test('names the faults that were in force meanwhile, and counts the tries that failed for it alone', async () => {
    const story = healthy().fault('f1', 90, 600, 'store').fault('f2', 5000, 6000).at(100).lose();
    const failed = { kind: 'processingFailed', producer: 1, seq: 0, group: 0, session: 1, attempt: 1 } as const;
    story
      .at(200)
      .consume({ ...failed, cause: 'store' })
      .consume(failed)
      .at(700)
      .reach({ calls: 1, connects: 0 });
    expect((await story.audit()).storeOutages).toMatchObject([{ faults: ['f1'], tries: 1, calls: 1 }]);
  });

  test('of a consumer that was killed in it ends when anybody is answered', async () => {
    const story = healthy().at(100).lose({ why: 'store-unreachable' }).receive(1, 0).end('c1', { closed: false });
    const open = await story.audit();
    expect(open.storeOutages).toMatchObject([{ connects: 1, seenBy: [{ name: 'c1', fromNs: 100e6 }] }]);
    expect(open.storeOutages[0]).not.toHaveProperty('toNs');
    const { storeOutages: closed } = await story.at(9000).reach({}, 'drain1').audit();
    expect(closed).toMatchObject([{ toNs: 9000e6, seenBy: [{ name: 'c1' }] }]);
  });

  test('that is interrupted for less than a second is one', async () => {
    const story = healthy().at(100).lose().at(200).reach({ calls: 1, connects: 0 }).at(1199).lose();
    story.at(1300).reach({ calls: 1, connects: 0 }).at(2300).lose().at(2400).reach({ calls: 1, connects: 0 });
    const { storeOutages: found } = await story.audit();
    expect(found.map(({ fromNs, toNs, calls }) => [fromNs / 1e6, (toNs ?? 0) / 1e6, calls])).toEqual([
      [100, 1300, 2],
      [2300, 2400, 1],
    ]);
  });

  test('of another store is another', async () => {
    const story = healthy().at(100).lose().lose({ store: 'postgres at h:5432' }).at(200).reach();
    expect((await story.audit()).storeOutages.map((each) => each.store)).toEqual([store, 'postgres at h:5432']);
  });
});

test('what is recorded of a store moves no message', async () => {
  const told = async (story: Story) => {
    const { lines, counts, verdict, findings } = await story.audit({ limits: { unprocessed: 0 } });
    return { lines, counts, verdict, findings };
  };
  const story = (): Story => healthy().receive(1, 3).effect(1, 3, 'absorbed').send(1, 10).receive(1, 10);
  const quiet = await told(story());
  expect(await told(story().at(100).lose().at(300).reach({ calls: 9, connects: 9 }).at(400).lose())).toEqual(quiet);
});

test('the sightings of a store that comes and goes take bounded memory', () => {
  const sightings = new StoreSightings();
  const witness = sightings.of('c1');
  const words = new Int32Array(2 * recordWords);
  for (let second = 0; second < 40_000; second += 2) {
    const put = (at: number, state: number, atNs: number): void =>
      putRecord(words, at, kinds.store, state, 0, 0, atNs, 1, 0, 0, 0, 0, 0, 0);
    put(0, storeStates.lost, second * 1e9);
    put(recordWords, storeStates.reached, second * 1e9 + 1);
    witness.pass(words, words.length);
  }
  witness.finish();
  expect(sightings.all).toHaveLength(10_000);
  const outages = storeOutages(sightings, []);
  expect(outages.at(-1)?.toNs).toBe(39_998e9 + 1);
  expect(outages.reduce((sum, { calls }) => sum + calls, 0)).toBe(20_000);
});
