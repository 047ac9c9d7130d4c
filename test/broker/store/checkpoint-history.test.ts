import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CrashDisk } from '../support/crash-disk.ts';
import { checkpointsOf, expectSame, Life, liveALittle, stateOf, topics, withoutCheckpoints } from '../support/lives.ts';

const often = <T>(times: number, kind: T): T[] => Array.from({ length: times }, () => kind);
const deed = fc.record({
  kind: fc.constantFrom(
    ...often(8, 'append' as const),
    ...often(3, 'commit' as const),
    ...(['delete group', 'delete topic', 'stop', 'kill', 'power cut'] as const),
  ),
  topic: fc.nat(1),
  partition: fc.nat(1),
  count: fc.integer({ min: 1, max: 3 }),
  producerId: fc.integer({ min: -1, max: 3 }),
  group: fc.constantFrom('g', 'h'),
  number: fc.nat(100),
});
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

test('any history: a start from the checkpoint is as good as one that reads the whole log', async () => {
  const reports = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 5, maxLength: 80 }), async (deeds) => {
      let disk = new CrashDisk();
      let life = await Life.begin(disk);
      const memory: Memory = { deleted: [0, 0], sequences: new Map() };
      for (const one of deeds) {
        if (one.kind !== 'stop' && one.kind !== 'kill' && one.kind !== 'power cut') {
          await doIt(life, one, memory);
          continue;
        }
        if (one.kind === 'stop') await life.end();
        disk = one.kind === 'power cut' ? disk.afterPowerCut() : disk.afterKill();
        reports.add(await expectSame(disk));
        life = await Life.begin(disk);
        memory.sequences.clear();
      }
      await life.end();
      reports.add(await expectSame(disk));
    }),
    { numRuns: 60 },
  );
  expect([...reports].sort()).toEqual(['none', 'used']);
});

interface Memory {
  /** How often each topic was deleted. */
  readonly deleted: [number, number];
  readonly sequences: Map<string, number>;
}

async function doIt(life: Life, one: Deed, { deleted, sequences }: Memory): Promise<void> {
  const { partition, group, number, count, producerId } = one;
  const topic = one.topic + 2 * (deleted[one.topic] ?? 0);
  if (one.kind === 'append') {
    const key = `${topic} ${partition} ${producerId}`;
    const sequence = sequences.get(key) ?? 0;
    const ids = producerId < 0 ? {} : { producerId, epoch: life.store.log.epochs.last + 1, sequence };
    const options = { count, timestampMs: number, payload: `p${number}`, ...ids };
    const { errorCode } = await life.append(topic, partition, options);
    if (errorCode === 0) sequences.set(key, sequence + count);
  } else if (one.kind === 'commit') {
    await life.commit(group, topic, partition, number);
  } else if (one.kind === 'delete group') {
    await life.deleteGroup(group);
  } else {
    await life.store.deleteTopic(topics[topic] ?? '');
    deleted[one.topic === 0 ? 0 : 1] += 1;
  }
}

describe('a log that is cut', () => {
  /** A leader's log and where its entries end. */
  async function leader(): Promise<{ life: Life; ends: number[] }> {
    const life = await Life.begin(new CrashDisk(), { checkpointBytes: 0 });
    const ends: number[] = [0];
    life.store.log.onWritten(() => ends.push(life.store.log.end));
    await liveALittle(life, [], 0);
    return { life, ends };
  }

  async function follower(disk: CrashDisk, { store }: Life): Promise<Life> {
    const life = await Life.begin(disk, { checkpointBytes: 500 }, true);
    while (life.store.log.end < store.log.end) {
      await life.store.log.appendRaw(await store.log.readRaw(life.store.log.end, 300));
      await life.store.log.sync();
    }
    return life;
  }

  test('anywhere: what is derived is that of the log that is left, at once and after any end', async () => {
    const { life: first, ends } = await leader();
    for (const end of ends) {
      const disk = new CrashDisk();
      const life = await follower(disk, first);
      await life.store.log.truncate(end);
      for (const position of checkpointsOf(disk)) expect(position).toBeLessThanOrEqual(end);
      const all = await Life.begin(withoutCheckpoints(disk), {}, true);
      expect(await stateOf(life)).toEqual(await stateOf(all));
      await expectSame(disk.afterKill());
      await expectSame(disk.afterPowerCut());
      const again = await follower(disk.afterKill(), first);
      expect(await stateOf(again)).toEqual(await stateOf(first));
    }
  });

  test('a crash at any step of the cut', async () => {
    const { life: first, ends } = await leader();
    const end = ends[Math.floor(ends.length / 2)] ?? 0;
    for (let steps = 1; ; steps++) {
      const disk = new CrashDisk();
      const life = await follower(disk, first);
      disk.stopAt = disk.steps + steps;
      const cut = await life.store.log.truncate(end).then(
        () => true,
        () => false,
      );
      for (const left of [disk.afterKill(), disk.afterPowerCut()]) {
        await expectSame(left);
        const again = await follower(left, first);
        expect(await stateOf(again)).toEqual(await stateOf(first));
      }
      if (cut) break;
    }
  });
});
