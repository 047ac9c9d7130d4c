/** What a process says of a store: once when it is lost, once when it answers. */
import { describe, expect, it } from 'vitest';
import { Connection, type Wire } from '../../src/effects/connection.ts';
import { type StoreSight, StoreWatch } from '../../src/effects/watch.ts';

const place = 'redis at h:6379';

/** A store whose connections and calls go as the test says. */
class Scene {
  readonly told: StoreSight[] = [];
  readonly watch = new StoreWatch((sight) => this.told.push(sight));
  up = true;
  readonly connection: Connection<object>;
  readonly wire: Wire<object>;
  readonly bounds = { connectMs: 1000, reconnectMs: 0, callMs: 1000 };

  constructor() {
    this.wire = {
      place,
      connect: async () => {
        if (!this.up) throw new Error('ECONNREFUSED');
        return {};
      },
      discard: () => {},
      judge: (error) => ((error as Error).message === 'refused' ? 'refused' : 'lost'),
      judgeConnect: () => ({ code: 'store-unreachable', text: 'away', hint: '', passing: true }),
      mask: (text) => text,
    };
    this.connection = new Connection(this.wire, this.bounds, this.watch.of(place));
  }

  call(work: () => Promise<string> = async () => 'ok', signal?: AbortSignal): Promise<unknown> {
    return this.connection.call(work, signal).catch((error: unknown) => error);
  }
}

const lose = async (): Promise<string> => {
  throw new Error('the connection ended');
};

describe('a store', () => {
  it('is reached once, whatever the number of calls', async () => {
    const scene = new Scene();
    await scene.call();
    await scene.call();
    expect(scene.told).toEqual([{ state: 'reached', store: place }]);
  });

  it('is lost by a call whose connection ended, although the client library says nothing of it', async () => {
    const scene = new Scene();
    let gone: () => void = () => {};
    const wire: Wire<object> = {
      ...scene.wire,
      connect: async (ended) => {
        gone = ended;
        return {};
      },
    };
    const connection = new Connection(wire, { ...scene.bounds, callMs: 60_000 }, scene.watch.of(place));
    await connection.call(async () => 'ok');
    const call = connection.call(() => new Promise<string>(() => {})).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 2));
    gone();
    expect(await call).toMatchObject({ code: 'store-lost', effect: 'unknown' });
    expect(scene.told.map(({ state }) => state)).toEqual(['reached', 'lost']);
  });

  it('is not lost again by a call of before that fails late', async () => {
    const scene = new Scene();
    await scene.call();
    let failLate: (error: Error) => void = () => {};
    const hanging = scene.call(() => new Promise((_, reject) => (failLate = reject)));
    await new Promise((resolve) => setTimeout(resolve, 2));
    const other = new Connection({ ...scene.wire }, scene.bounds, scene.watch.of(place));
    await other.call(lose).catch(() => {});
    await other.call(async () => 'ok');
    failLate(new Error('the connection ended'));
    await hanging;
    expect(scene.told.map(({ state }) => state)).toEqual(['reached', 'lost', 'reached']);
  });

  it('is lost with the first failure and reached with the first answer, which says how much failed', async () => {
    const scene = new Scene();
    await scene.call(lose);
    scene.up = false;
    await scene.call();
    await scene.call();
    scene.up = true;
    await scene.call();
    expect(scene.told.slice(1)).toEqual([
      { state: 'lost', store: place, why: 'store-lost' },
      { state: 'reached', store: place, failed: { calls: 1, connects: 2 } },
    ]);
  });

  it('that refuses has answered', async () => {
    const scene = new Scene();
    await scene.call(async () => {
      throw new Error('refused');
    });
    expect(scene.told).toEqual([{ state: 'reached', store: place }]);
  });

  it('is not back by what was begun before the failure', async () => {
    const scene = new Scene();
    let answer = (_: string): void => {};
    const early = scene.call(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    scene.watch.of(place).failed('call', 'store-lost', performance.now());
    answer('late');
    await early;
    expect(scene.told.map(({ state }) => state)).toEqual(['reached', 'lost']);
  });

  it('is not lost by a call that we break off', async () => {
    const scene = new Scene();
    const stop = new AbortController();
    const call = scene.call(() => new Promise(() => {}), stop.signal);
    setTimeout(() => stop.abort(), 5);
    await call;
    expect(scene.told.map(({ state }) => state)).toEqual(['reached']);
  });

  it('that is away to the end says what it took so far', async () => {
    const scene = new Scene();
    scene.up = false;
    await scene.call();
    await scene.call();
    scene.watch[Symbol.dispose]();
    scene.up = true;
    await scene.call();
    expect(scene.told).toEqual([
      { state: 'lost', store: place, why: 'store-unreachable' },
      { state: 'lost', store: place, why: 'store-unreachable', failed: { calls: 0, connects: 2 } },
    ]);
  });
});
