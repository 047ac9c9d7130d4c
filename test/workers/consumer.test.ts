import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Effects } from '../../src/effects/effects.ts';
import type { Visit } from '../../src/effects/points.ts';
import { StoreTrouble, type TroubleCode } from '../../src/effects/trouble.ts';
import { newClockBase, runClock } from '../../src/journal/clock.ts';
import { eventPass } from '../../src/journal/decode.ts';
import type { JournalHeader } from '../../src/journal/header.ts';
import { scanJournal } from '../../src/journal/reader.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import type { Batch } from '../../src/products/driver.ts';
import { encodeEnvelope, runTag } from '../../src/products/envelope.ts';
import type { ConsumerWork } from '../../src/workers/config.ts';
import { Consumer } from '../../src/workers/consumer.ts';
import { Processing } from '../../src/workers/processing.ts';
import { Stops } from '../../src/workers/stops.ts';

const tag = runTag('r');

/** A consumer with effects that answer as the test says; what happened, in order, is told. */
class Scene implements Disposable {
  readonly told: string[] = [];
  readonly stop = new AbortController();
  readonly stops: Stops;
  readonly consumer: Consumer;
  readonly #folder = mkdtempSync(join(tmpdir(), 'mqchaos-consumer-'));
  readonly #path = join(this.#folder, 'c1.1.journal');
  readonly #journal: JournalWriter;

  heartbeats = 0;

  constructor(
    commit: 'after' | 'before',
    answer: (seq: number) => 'applied' | 'absorbed' = () => 'applied',
    patienceMs = 10_000,
  ) {
    const base = newClockBase();
    const clock = runClock(base);
    const header: JournalHeader = {
      ...{ run: 'r', role: 'consumer', writer: 'c1.1', clock: base, topic: 't', partitions: 1, groups: ['g'] },
      positions: 'partition',
    };
    this.#journal = new JournalWriter(this.#path, header, clock);
    this.stops = new Stops((stop, message) => this.told.push(`standing ${stop.point} ${message?.seq ?? ''}`.trim()));
    const apply = async ({ seq }: { seq: number }, visit: Visit): Promise<'applied' | 'absorbed'> => {
      await visit('before effect');
      const outcome = answer(seq);
      this.told.push(`${outcome} ${seq}`);
      await visit('after effect');
      return outcome;
    };
    const parts = { journal: this.#journal, stops: this.stops, stop: this.stop.signal, settles: 'position' as const };
    const settings = { store: 'sqlite', idempotence: 'none', patienceMs };
    const work: ConsumerWork = {
      ...{ role: 'consumer', group: 'g', groupNumber: 0, session: 0, sessionTimeoutMs: 1000, commit },
      effect: { settings, access: { name: 'e' } },
    };
    const processing = new Processing(work, { ...parts, effects: { apply } as unknown as Effects });
    const world = { journal: this.#journal, clock, processing, fail: () => {}, joined: () => {} };
    this.consumer = new Consumer(work, tag, world);
  }

  /** Messages 0, 1, 2 and something that is none of ours. */
  batch(): Batch {
    const value = (seq: number): Buffer =>
      encodeEnvelope(tag, { producer: 1, seq, attempt: 1, partition: 0, sentAtNs: 0 }, Buffer.from('x'));
    const values = [value(0), value(1), Buffer.from('else'), value(2)];
    return {
      partition: 0,
      messages: values.map((each, i) => ({ value: each, partition: 0, position: i, redelivered: false, attempt: 1 })),
      settle: async () => void this.told.push('acked'),
      giveBack: async () => void this.told.push('given back'),
      heartbeat: async () => {
        this.heartbeats += 1;
      },
    };
  }

  async events(): Promise<string[]> {
    this.#journal.flush();
    const found: string[] = [];
    const { pass, finish } = eventPass((event) => {
      if (event.kind === 'effect') found.push(`${event.effect} ${event.seq}`);
      else if (event.kind === 'processingFailed')
        found.push(`failed ${event.seq}${event.cause === undefined ? '' : ` ${event.cause}`}`);
      else if (event.kind === 'ack') found.push(`ack ${event.step}`);
      else found.push(event.kind);
    });
    await scanJournal(this.#path, pass);
    finish();
    return found;
  }

  [Symbol.dispose](): void {
    this.#journal.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const receipts = ['received', 'received', 'received', 'received'];
const refuse = (seq: number): 'applied' => {
  if (seq === 1) throw new Error('the store refused');
  return 'applied';
};

describe('a consumer', () => {
  it('processes to the effect, then acknowledges', async () => {
    using scene = new Scene('after', (seq) => (seq === 1 ? 'absorbed' : 'applied'));
    await scene.consumer.batch(scene.batch());
    expect(scene.told).toEqual(['applied 0', 'absorbed 1', 'applied 2', 'acked']);
    const effects = ['applied 0', 'absorbed 1', 'applied 2'];
    expect(await scene.events()).toEqual([...receipts, ...effects, 'ack sent', 'ack confirmed']);
  });

  it('acknowledges first where it is told so', async () => {
    using scene = new Scene('before');
    await scene.consumer.batch(scene.batch());
    expect(scene.told).toEqual(['acked', 'applied 0', 'applied 1', 'applied 2']);
  });

  it('gives a batch back at the first failure, unacknowledged', async () => {
    using scene = new Scene('after', refuse);
    await expect(scene.consumer.batch(scene.batch())).rejects.toThrow('refused');
    expect(await scene.events()).toEqual([...receipts, 'applied 0', 'failed 1']);
  });

  it('goes on after a failure where nothing comes again', async () => {
    using scene = new Scene('before', refuse);
    await scene.consumer.batch(scene.batch());
    expect(scene.told).toEqual(['acked', 'applied 0', 'applied 2']);
  });

  it('told to end, it gives back what it has not begun, and finishes what it has acknowledged', async () => {
    using after = new Scene('after', () => {
      after.stop.abort();
      return 'applied';
    });
    await expect(after.consumer.batch(after.batch())).rejects.toThrow('given back');
    expect(after.told).toEqual(['applied 0']);
    await expect(after.consumer.batch(after.batch())).rejects.toThrow('given back');
    expect(await after.events()).toEqual([...receipts, 'applied 0']);
    using before = new Scene('before', () => {
      before.stop.abort();
      return 'applied';
    });
    await before.consumer.batch(before.batch());
    await before.consumer.idle();
    expect(before.told).toEqual(['acked', 'applied 0', 'applied 1', 'applied 2']);
  });
});

describe('a store that is away', () => {
  /** Its first answers to message 1 are these errors. */
  const away = (times: number, code: TroubleCode = 'store-lost') => {
    let left = times;
    return (seq: number): 'applied' => {
      if (seq !== 1 || left === 0) return 'applied';
      left -= 1;
      throw new StoreTrouble('no answer', { code, effect: 'unknown', hint: '' });
    };
  };

  it('is waited for: no try fails, and the membership is kept alive', async () => {
    using scene = new Scene('after', away(3));
    await scene.consumer.batch(scene.batch());
    expect(await scene.events()).toEqual([
      ...receipts,
      'applied 0',
      'applied 1',
      'applied 2',
      'ack sent',
      'ack confirmed',
    ]);
    expect(scene.heartbeats).toBeGreaterThan(0);
  });

  it.each([
    ['beyond the patience', away(1e9), 50, 'failed 1 store'],
    ['without any patience', away(1), 0, 'failed 1 store'],
    ['that did answer', away(1, 'store-unsure'), 10_000, 'failed 1'],
  ] as const)('%s: the try has failed', async (_, answer, patienceMs, failed) => {
    using scene = new Scene('after', answer, patienceMs);
    await expect(scene.consumer.batch(scene.batch())).rejects.toThrow('no answer');
    expect(await scene.events()).toEqual([...receipts, 'applied 0', failed]);
  });

  it('is not waited for by a consumer that is to end: what it has is given back, and no try was spent', async () => {
    using scene = new Scene('after', away(1e9));
    const handled = scene.consumer.batch(scene.batch());
    setTimeout(() => scene.stop.abort(), 30);
    await expect(handled).rejects.toThrow('no answer');
    expect(await scene.events()).toEqual([...receipts, 'applied 0']);
    using acknowledged = new Scene('before', away(3));
    acknowledged.stop.abort();
    await acknowledged.consumer.batch(acknowledged.batch()).catch(() => {}); // told to end, it takes nothing new
    expect(acknowledged.told).toEqual([]);
  });
});

describe('standing still', () => {
  it.each([
    ['after receive', 2, ['applied 0', 'standing after receive 1']],
    ['before effect', 3, ['applied 0', 'applied 1', 'standing before effect']],
    ['after effect', 1, ['applied 0', 'standing after effect']],
    ['after ack sent', 1, ['applied 0', 'applied 1', 'applied 2', 'acked', 'standing after ack sent']],
  ] as const)('%s, the %i. time: nothing follows until it goes on', async (point, count, told) => {
    using scene = new Scene('after');
    scene.stops.add({ point, count });
    const handling = scene.consumer.batch(scene.batch());
    await new Promise((resolve) => setImmediate(resolve));
    expect(scene.told).toEqual(told);
    scene.stops.clear();
    await handling;
    expect(scene.told.filter((each) => each.startsWith('applied'))).toHaveLength(3);
    expect(scene.stops.none).toBe(true);
  });
});
