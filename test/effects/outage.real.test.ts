/**
 * A store that is killed and started again, or stands still, while messages are processed: processing goes on by itself,
 * and what is said of each call is never more than what the store then shows.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Effects } from '../../src/effects/effects.ts';
import type { EffectMessage } from '../../src/effects/message.ts';
import { StoreTrouble } from '../../src/effects/trouble.ts';
import { message, messages, missing, tally, times, World } from './support/worlds.ts';

const count = 400;
const lanes = 8;

/** What was said of each message, by sequence. */
interface Said {
  readonly applied: number[];
  readonly absorbed: number[];
  readonly unknown: number[];
  readonly none: number[];
}

const stores = ['postgres', 'mariadb', 'redis'] as const;
const guarded = { postgres: 'unique-constraint', mariadb: 'primary-key', redis: 'redis-id' } as const;

describe.each(stores)('%s', (store) => {
  const reason = missing(store);
  if (reason !== undefined) {
    it.skip(`not run: ${reason}`, () => {});
    return;
  }
  let world: World;
  beforeAll(async () => {
    world = await World.start(store);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it.each(['none', guarded[store]])('killed and started again, with %s', async (way) => {
    const { effects } = await world.effects(world.settings(way));
    await using _ = effects;
    const said = await process(effects, messages(count), async () => {
      await world.server?.kill();
      await delay(300);
      await world.server?.start();
    });
    await expectHonest(effects, said);
    if (way !== 'none') expect(await tally(effects)).toEqual({ 1: count });
    expect(said.applied.length).toBeGreaterThan(count / 2);
  });

  // PostgreSQL is many processes: to stop the first stops nobody's session
  it.each(store === 'postgres' ? [] : ['none', guarded[store]])(
    'standing still beyond the deadline, with %s',
    async (way) => {
      const { effects } = await world.effects(world.settings(way), { bounds: { callMs: 500, connectMs: 500 } });
      await using _ = effects;
      const said = await process(effects, messages(count), async () => {
        world.server?.signal('SIGSTOP');
        await delay(1500);
        world.server?.signal('SIGCONT');
      });
      expect(said.unknown.length).toBeGreaterThan(0);
      await delay(500); // what was sent and not answered may still be carried out
      await expectHonest(effects, said);
      if (way !== 'none') expect(await tally(effects)).toEqual({ 1: count });
    },
  );

  it('away for longer than the bound: told, and known to be without effect', async () => {
    const { effects } = await world.effects(world.settings('none'), { bounds: { reconnectMs: 500 } });
    await using _ = effects;
    await effects.apply(message(1));
    await world.server?.kill();
    // the end of the old connection may be noticed by the first call only
    await effects.apply(message(2)).catch(() => {});
    await expect(effects.apply(message(3))).rejects.toMatchObject({ code: 'store-unreachable', effect: 'none' });
    await world.server?.start();
    await effects.apply(message(4));
    expect([...(await times(effects)).keys()].toSorted()).toEqual([1, 4]);
  });
});

/** Several at once, each again until the store has answered; `trouble` happens when a third is done. */
async function process(effects: Effects, queue: readonly EffectMessage[], trouble: () => Promise<void>): Promise<Said> {
  const said: Said = { applied: [], absorbed: [], unknown: [], none: [] };
  const left = [...queue];
  let making: Promise<void> | undefined;
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      if (left.length === Math.round((queue.length * 2) / 3)) making = trouble();
      for (let answered = false; !answered; ) answered = await attempt(effects, next, said);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await making;
  return said;
}

async function attempt(effects: Effects, one: EffectMessage, said: Said): Promise<boolean> {
  try {
    said[await effects.apply(one)].push(one.seq);
    return true;
  } catch (error) {
    if (!(error instanceof StoreTrouble)) throw error;
    said[error.effect].push(one.seq);
    await delay(20);
    return false;
  }
}

/** As often as was told at least, and at most that and the calls whose fate is not known. */
async function expectHonest(effects: Effects, said: Said): Promise<void> {
  const found = await times(effects);
  const wrong = messages(count).filter(({ seq }) => {
    const told = said.applied.filter((one) => one === seq).length;
    const open = said.unknown.filter((one) => one === seq).length;
    const there = found.get(seq) ?? 0;
    return there < told || there > told + open;
  });
  expect(wrong).toEqual([]);
}
