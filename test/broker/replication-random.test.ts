import { describe, expect, test } from 'vitest';
import { code } from '../../src/broker/wire/codes.ts';
import { MemoryCluster } from './support/memory-cluster.ts';

/*
 * Random lives of one set, each from a seed: whatever dies, hangs and comes back, what was acknowledged is there in the
 * end, once, and what consumers were shown is never taken back.
 */

const ids = [1, 17, 33];
const steps = 60;
const stepsToHealing = 15;
const seeds = Array.from({ length: Number(process.env.REPLICATION_SEEDS ?? 12) }, (_, index) => index + 1);

const ways = [
  // What is not synced is on every in-sync node: one may lose it, until all are in-sync again.
  { flush: 'async', powerCuts: 1 },
  { flush: 'sync', powerCuts: Number.POSITIVE_INFINITY },
] as const;

describe.each(ways)('flush $flush, power cuts in a row: $powerCuts', ({ flush, powerCuts }) => {
  test.each(seeds)('seed %i', async (seed) => {
    await using cluster = await MemoryCluster.start(ids, { flush, replicaLagMs: 700 }, 'in-sync');
    const history = new History(cluster, randomOf(seed), powerCuts);
    for (let step = 1; step <= steps; step++) {
      await history.step();
      if (step % stepsToHealing === 0) await history.heal();
    }
    expect(history.acked.size).toBeGreaterThan(3);
    const stored = await history.stored();
    const missing = [...history.acked].filter((value) => !stored.includes(value));
    expect(missing, cluster.logs.join('\n')).toEqual([]);
    expect(new Set(stored).size).toBe(stored.length);
    expect(stored.slice(0, history.shown.length), cluster.logs.join('\n')).toEqual(history.shown);
  });
});

class History {
  readonly acked = new Set<string>();
  /** The most that any leader showed to consumers. */
  shown: string[] = [];
  readonly #cluster: MemoryCluster;
  readonly #random: () => number;
  readonly #powerCuts: number;
  #powerCutsLeft: number;
  readonly #frozen = new Set<number>();
  readonly #failed = new Set<number>();
  #nameServerUp = true;
  #sent = 0;

  constructor(cluster: MemoryCluster, random: () => number, powerCuts: number) {
    this.#cluster = cluster;
    this.#random = random;
    this.#powerCuts = powerCuts;
    this.#powerCutsLeft = powerCuts;
  }

  async step(): Promise<void> {
    for (const id of ids) this.#send(id);
    const deed = this.#random();
    const id = this.#pick(ids);
    if (deed < 0.12) await this.#kill(id);
    else if (deed < 0.4) await this.#start(id);
    else if (deed < 0.48) this.#freeze(id);
    else if (deed < 0.65) this.#thaw(id);
    else if (deed < 0.7) await this.#killNameServer();
    else if (deed < 0.8) await this.#startNameServer();
    else if (deed < 0.84) this.#failDisk(id);
    await this.#cluster.pass(this.#pick([50, 100, 500, 1000, 2500]));
    await this.#look();
  }

  /** Everybody is back, and the set takes sends again. */
  async heal(): Promise<void> {
    await this.#startNameServer();
    for (const id of ids) this.#thaw(id);
    for (const id of this.#failed) await this.#cluster.kill(id);
    this.#failed.clear();
    for (const id of ids) await this.#start(id);
    await this.#cluster.until(async () => (await this.#cluster.partition(ids[0] ?? 1)).inSync.length === ids.length);
    await this.#cluster.until(async () => {
      const leader = this.#leader();
      return leader !== undefined && (await this.#cluster.produce(leader, `healed ${this.#sent++}`)) === code.NONE;
    });
    this.#powerCutsLeft = this.#powerCuts;
  }

  async stored(): Promise<string[]> {
    const shown = await this.#cluster.consume(this.#leader() ?? 0);
    return typeof shown === 'number' ? [] : shown;
  }

  #send(id: number): void {
    if (!this.#cluster.isUp(id) || this.#cluster.node(id).role !== 'leader') return;
    this.#sent += 1;
    const value = `m${this.#sent}`;
    void this.#cluster.send(id, value).then(
      (errorCode) => {
        if (errorCode === code.NONE) this.acked.add(value);
      },
      () => {},
    );
  }

  async #look(): Promise<void> {
    const leader = this.#leader();
    if (leader === undefined || (await this.#cluster.latest(leader)) < 0) return;
    const shown = await this.#cluster.consume(leader);
    if (typeof shown === 'number' || shown.length <= this.shown.length) return;
    expect(shown.slice(0, this.shown.length), this.#cluster.logs.join('\n')).toEqual(this.shown);
    this.shown = shown;
  }

  /** One that can be reached and says so; there may be a stale one, which shows no more than it did. */
  #leader(): number | undefined {
    return ids.find((id) => {
      const reachable = this.#cluster.isUp(id) && !this.#frozen.has(id);
      return reachable && this.#cluster.node(id).role === 'leader';
    });
  }

  async #kill(id: number): Promise<void> {
    if (!this.#cluster.isUp(id)) return;
    this.#frozen.delete(id);
    this.#failed.delete(id);
    const death = this.#powerCutsLeft > 0 ? this.#pick(['kill', 'power'] as const) : 'kill';
    if (death === 'power') this.#powerCutsLeft -= 1;
    await this.#cluster.kill(id, death);
  }

  async #start(id: number): Promise<void> {
    if (!this.#cluster.isUp(id)) await this.#cluster.start(id);
  }

  #failDisk(id: number): void {
    if (!this.#cluster.isUp(id)) return;
    this.#failed.add(id);
    this.#cluster.failDisk(id);
  }

  #freeze(id: number): void {
    if (!this.#cluster.isUp(id)) return;
    this.#frozen.add(id);
    this.#cluster.freeze(id);
  }

  #thaw(id: number): void {
    if (this.#frozen.delete(id)) this.#cluster.thaw(id);
  }

  async #killNameServer(): Promise<void> {
    if (this.#nameServerUp) await this.#cluster.killNameServer();
    this.#nameServerUp = false;
  }

  async #startNameServer(): Promise<void> {
    if (!this.#nameServerUp) await this.#cluster.startNameServer();
    this.#nameServerUp = true;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }
}

/** mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
