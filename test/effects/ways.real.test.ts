/**
 * Every way of idempotence on every store that it is for, with real stores: two processes that apply everything at once,
 * processes that are killed at the named points, and each wrong form caught with the harm that it is there to show.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEffects } from '../../src/effects/effects.ts';
import type { Point, Stop } from '../../src/effects/points.ts';
import { findStore, ways } from '../../src/effects/registry.ts';
import { stream } from '../../src/plan/random.ts';
import { consume } from './support/consumer.ts';
import { holdings, message, messages, missing, storeNames, tally, times, World } from './support/worlds.ts';

const count = 60;
const all: readonly Point[] = ['after receive', 'before effect', 'after effect', 'after ack sent'];

describe.each(storeNames)('%s', (store) => {
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

  const forms = ways.flatMap((way) => way.forms.map((form) => ({ way, form, title: `${way.name} (${form.name})` })));
  const here = forms.filter(({ form }) => form.families.includes(findStore(store).family));
  const right = here.filter(({ form }) => form.harms.length === 0);
  /** Reads by message, which a key that messages share does not allow. */
  const counted = right.filter(({ form }) => form.name !== 'newest-wins');

  describe.each(counted)('$title', ({ way, form }) => {
    it('is applied once when two processes apply it at once', async () => {
      const settings = world.settings(way.name, form.name);
      const { effects, access } = await world.effects(settings);
      await using _ = effects;
      const both = await Promise.all([
        consume(settings, access, messages(count)),
        consume(settings, access, messages(count)),
      ]);
      expect(await tally(effects)).toEqual({ 1: count });
      const outcomes = both.flatMap((one) => one.outcomes);
      expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(count);
      expect(outcomes.filter((outcome) => outcome === 'absorbed')).toHaveLength(count);
    });

    it('is applied once whatever point its process is killed at', async () => {
      const settings = world.settings(way.name, form.name);
      const { effects, access } = await world.effects(settings);
      await using _ = effects;
      const { kills } = await consume(settings, access, messages(count), killsAt(all));
      expect(kills).toBe(8);
      expect(await tally(effects)).toEqual({ 1: count });
    });

    it('is applied once whatever instant its process is killed at', async () => {
      const settings = world.settings(way.name, form.name);
      const { effects, access } = await world.effects(settings);
      await using _ = effects;
      const random = stream(5, `${store} ${way.name}`);
      let killed = 0;
      // a process may have done everything before its kill comes
      for (let times = 0; killed === 0 && times < 10; times++) {
        const { kills } = await consume(settings, access, messages(count), [], (child, done) => {
          if (done % 10 === 5) setTimeout(() => child.kill('SIGKILL'), random.float() * 3);
        });
        killed += kills;
      }
      expect(killed).toBeGreaterThan(0);
      expect(await tally(effects)).toEqual({ 1: count });
    });

    it('is applied once when one call is made a hundred times at once', async () => {
      const { effects } = await world.effects(world.settings(way.name, form.name));
      await using _ = effects;
      const outcomes = await Promise.all(Array.from({ length: 100 }, () => effects.apply(message(7))));
      expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(1);
      expect(await times(effects)).toEqual(new Map([[7, 1]]));
    });
  });

  it('without idempotence the effect is there as often as it was applied', async () => {
    const settings = world.settings('none');
    const { effects, access } = await world.effects(settings);
    await using _ = effects;
    await Promise.all([consume(settings, access, messages(count)), consume(settings, access, messages(count))]);
    expect(await tally(effects)).toEqual({ 2: count });
  });

  it('without idempotence a kill after the effect doubles it, and a kill before does not', async () => {
    const settings = world.settings('none');
    const { effects, access } = await world.effects(settings);
    await using _ = effects;
    await consume(settings, access, messages(count), killsAt(['before effect', 'after effect']));
    expect(await tally(effects)).toEqual({ 1: count - 4, 2: 4 });
  });

  it('reads more messages than a page has, each once, and whoever is nobody', async () => {
    const { effects } = await world.effects(world.settings('none'));
    await using _ = effects;
    for (let from = 0; from < 6000; from += 500) {
      const part = Array.from({ length: 500 }, (_item, index) => message(from + index, { producer: 1 + (index % 2) }));
      await Promise.all(part.map((one) => effects.apply(one)));
    }
    await effects.apply(message(4_294_967_295, { producer: 65_535 }));
    const found = await holdings(effects);
    expect(found).toHaveLength(6001);
    expect(new Set(found.map((one) => JSON.stringify(one))).size).toBe(6001);
    expect(found).toContainEqual({ kind: 'effect', producer: 65_535, seq: 4_294_967_295, times: 1 });
  });

  it('leaves alone what is there, and removes what is its own', async () => {
    for (const { way, form } of here.filter((one) => store === 'redis' || one.form.ids !== 'any')) {
      const settings = world.settings(way.name, form.name, form.expires ? { expireMs: 1000 } : {});
      const { effects, access } = await world.effects(settings);
      await using _ = effects;
      await effects.apply(message(1));
      await using other = await openEffects(settings, access);
      await expect(other.prepare()).rejects.toMatchObject({ code: 'effects-exist', exitCode: 4 });
      await other.remove(); // not its own: nothing happens
      expect(await holdings(effects)).toHaveLength(1);
      await effects.remove();
      await effects.remove();
      await other.prepare();
      expect(await holdings(other)).toEqual([]);
      await using third = await openEffects(settings, access); // of a tool that cleans up later
      await third.remove();
      await other.prepare();
      await other.remove();
    }
  });

  const wrong = (form: string) => here.filter((one) => one.form.name === form);

  it.each(wrong('check-then-insert'))('$title doubles with two consumers', async ({ way, form }) => {
    const { effects } = await world.effects(world.settings(way.name, form.name));
    await using _ = effects;
    const both = meeting(2);
    const visit = (point: Point) => (point === 'before effect' ? both() : undefined);
    const outcomes = await Promise.all([effects.apply(message(1), visit), effects.apply(message(1), visit)]);
    expect(outcomes).toEqual(['applied', 'applied']);
    expect(await times(effects)).toEqual(new Map([[1, 2]]));
    expect(await effects.apply(message(1))).toBe('absorbed');
  });

  it.each(right)('$title does not, in the same place', async ({ way, form }) => {
    const { effects } = await world.effects(world.settings(way.name, form.name));
    await using _ = effects;
    const both = meeting(2);
    const visit = (point: Point) => (point === 'before effect' ? both() : undefined);
    const outcomes = await Promise.all([effects.apply(message(1), visit), effects.apply(message(1), visit)]);
    expect(outcomes.toSorted()).toEqual(['absorbed', 'applied']);
    expect(await holdings(effects)).toHaveLength(1);
  });

  it.each(wrong('broker-position'))(
    '$title doubles what was stored twice, and misses what took a place over',
    async ({ way, form }) => {
      const { effects } = await world.effects(world.settings(way.name, form.name));
      await using _ = effects;
      expect(await effects.apply(message(1, { place: { partition: 0, position: 10, epoch: 1 } }))).toBe('applied');
      expect(await effects.apply(message(1, { place: { partition: 3, position: 4, epoch: 1 } }))).toBe('applied');
      expect(await effects.apply(message(2, { place: { partition: 0, position: 10, epoch: 1 } }))).toBe('absorbed');
      expect(await times(effects)).toEqual(new Map([[1, 2]]));
    },
  );

  it.each(wrong('expiring'))('$title doubles when the redelivery comes too late', async ({ way, form }) => {
    const { effects } = await world.effects(world.settings(way.name, form.name, { expireMs: 300 }));
    await using _ = effects;
    expect(await effects.apply(message(1))).toBe('applied');
    expect(await effects.apply(message(1))).toBe('absorbed');
    await delay(600);
    expect(await effects.apply(message(1))).toBe('applied');
    expect(await times(effects)).toEqual(new Map([[1, 2]]));
  });

  it.each(wrong('shared-key'))('$title lets an older message overwrite a newer one', async ({ way, form }) => {
    const { effects } = await world.effects(world.settings(way.name, form.name));
    await using _ = effects;
    const [older, newer] = [message(1, { key: 'account' }), message(2, { key: 'account' })];
    for (const one of [older, newer, newer]) await effects.apply(one);
    expect(await holdings(effects)).toEqual([{ kind: 'latest', key: 'account', producer: 1, seq: 2, version: 2 }]);
    expect(await effects.apply(older)).toBe('applied');
    expect(await holdings(effects)).toEqual([{ kind: 'latest', key: 'account', producer: 1, seq: 1, version: 1 }]);
  });

  it.each(here.filter(({ form }) => form.name === 'newest-wins'))('$title does not', async ({ way, form }) => {
    const settings = world.settings(way.name, form.name);
    const { effects, access } = await world.effects(settings);
    await using _ = effects;
    await consume(settings, access, messages(count), killsAt(all));
    for (const one of messages(count)) expect(await effects.apply(one)).toBe('absorbed');
    const latest = (await holdings(effects)).map((one) => (one.kind === 'latest' ? one.version : -1));
    expect(latest.toSorted((a, b) => a - b)).toEqual(
      messages(count)
        .slice(-10)
        .map(({ version }) => version),
    );
  });

  // ids in the effect's own Redis, and in another
  const idsIn = store === 'redis' ? [undefined, 'redis' as const] : ['redis' as const];
  describe.each(idsIn)('ids in another store: %s', (other) => {
    const idsMissing = other === undefined ? undefined : missing(other);
    if (idsMissing !== undefined) {
      it.skip(`not run: ${idsMissing}`, () => {});
      return;
    }
    let ids: World | undefined;
    beforeAll(async () => {
      if (other !== undefined) ids = await World.start(other);
    });
    afterAll(() => ids?.[Symbol.asyncDispose]());

    it.each([...wrong('id-first'), ...wrong('effect-first')])(
      '$title fails between its steps',
      async ({ way, form }) => {
        const settings = world.settings(way.name, form.name, ids === undefined ? {} : { idsUrl: `\${IDS}` });
        const access = { ...world.access(), ...(ids?.server && { ids: { url: ids.server.url, from: `\${IDS}` } }) };
        await using effects = await openEffects(settings, access);
        await effects.prepare();
        await consume(settings, access, messages(count), killsAt(all));
        // kills at each point twice; only the one between the two steps does harm
        const found = await tally(effects);
        expect(found).toEqual(form.name === 'id-first' ? { 1: count - 2 } : { 1: count - 2, 2: 2 });
        await effects.remove();
        await effects.prepare(); // nothing was left in either store
      },
    );
  });
});

/** Eight kills, at the points in turn, each at its third visit of an incarnation. */
function killsAt(where: readonly Point[]): Stop[] {
  return Array.from({ length: 8 }, (_, index) => ({ point: where[index % where.length]!, count: 3 }));
}

/** Resolves for all once so many have come. */
function meeting(size: number): () => Promise<void> {
  let came = 0;
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    came += 1;
    if (came === size) open();
    return opened;
  };
}
