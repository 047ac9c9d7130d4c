import { expect, test } from 'vitest';
import { Registry } from '../../src/broker/name-server/registry.ts';
import { CrashDisk } from './support/crash-disk.ts';
import { Life, stateOf, topics } from './support/lives.ts';
import { memoryWorld } from './support/memory-world.ts';

/*
 * A process that is killed leaves things half done that only the kernel knows of. The next one finds and builds on them,
 * and then the power is cut.
 */

test('what a name server found at its start is not taken back', async () => {
  for (let stopAt = 1; ; stopAt++) {
    const disk = new CrashDisk();
    const open = (on: CrashDisk) => Registry.open({ ...memoryWorld(), disk: on });
    const first = await open(disk);
    disk.stopAt = disk.steps + stopAt;
    const written = await first.register(1, { id: 1, host: 'memory', port: 1001 }).then(
      () => true,
      () => false,
    );
    const killed = disk.afterKill();
    const { routes } = await open(killed);
    expect((await open(killed.afterPowerCut())).routes).toEqual(routes);
    if (written) break;
  }
});

test('nor is what a broker synced into a segment that it found', async () => {
  for (let stopAt = 1; ; stopAt++) {
    const disk = new CrashDisk();
    const settings = { segmentBytes: 1000, checkpointBytes: 0 } as const;
    const first = await Life.begin(disk, settings);
    disk.stopAt = disk.steps + stopAt;
    let answered = 0;
    while (answered < 12 && (await stored(first, answered))) answered += 1;
    const killed = disk.afterKill();
    const second = await Life.begin(killed, settings);
    expect(await stored(second, 99)).toBe(true);
    await second.store.log.sync();
    const third = await Life.begin(killed.afterPowerCut(), settings);
    expect(third.store.log.end).toBe(second.store.log.end);
    expect(third.store.partition(topics[0] ?? '', 0).endOffset).toBe(
      second.store.partition(topics[0] ?? '', 0).endOffset,
    );
    await stateOf(third);
    if (answered === 12) break;
  }
});

function stored(life: Life, number: number): Promise<boolean> {
  return life.append(0, 0, { payload: `message ${number}` }).then(
    () => true,
    () => false,
  );
}
