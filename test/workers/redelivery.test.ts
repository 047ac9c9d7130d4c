/** What a consumer does with what failed: copies, their order before the acknowledgement, and what is due when. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newClockBase, runClock } from '../../src/journal/clock.ts';
import { eventPass } from '../../src/journal/decode.ts';
import type { JournalHeader } from '../../src/journal/header.ts';
import { scanJournal } from '../../src/journal/reader.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import type { Batch, IncomingMessage, OutgoingMessage, SendResult } from '../../src/products/driver.ts';
import { encodeEnvelope, runTag } from '../../src/products/envelope.ts';
import type { ConsumerWork, RedeliveryByCopies } from '../../src/workers/config.ts';
import { Consumer } from '../../src/workers/consumer.ts';
import { type Copy, copyTag, decodeCopy, encodeCopy } from '../../src/workers/copy.ts';
import { type Failing, failingBy } from '../../src/workers/failing.ts';
import { Moves } from '../../src/workers/moves.ts';
import { Processing } from '../../src/workers/processing.ts';
import { RetryQueue } from '../../src/workers/retry-queue.ts';
import { Stops } from '../../src/workers/stops.ts';
import { channelOf } from '../support/access.ts';
import { acked, ScriptedClient } from './support/scripted-client.ts';

const tags = { messages: runTag('r'), copies: copyTag('r') };
const messageValue = (seq: number): Buffer =>
  encodeEnvelope(tags.messages, { producer: 1, seq, attempt: 1, partition: 0, sentAtNs: 0 }, Buffer.from('x'));

describe('a copy', () => {
  const copy: Copy = {
    attempt: 3,
    place: { partition: 7, position: 41, epoch: 2 },
    dueAtNs: 12.5e9,
    value: messageValue(9),
  };
  const bytes = encodeCopy(tags.copies, { producer: 1, seq: 9, send: 5, sentAtNs: 1 }, copy);

  it('comes back as it was', () => {
    expect(decodeCopy(bytes, tags.copies)).toEqual(copy);
    const bare = { ...copy, place: { partition: 7 } };
    const again = encodeCopy(tags.copies, { producer: 1, seq: 9, send: 5, sentAtNs: 1 }, bare);
    expect(decodeCopy(again, tags.copies)).toEqual(bare);
  });

  it('is none with any byte changed, of another run, or when it is a message', () => {
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 4;
      // bytes 22 and 23 are of no meaning, and under the checksum all the same
      expect(decodeCopy(damaged, tags.copies), `byte ${at}`).toBeUndefined();
    }
    expect(decodeCopy(bytes, copyTag('other'))).toBeUndefined();
    expect(decodeCopy(messageValue(9), tags.copies)).toBeUndefined();
  });
});

describe('what fails', () => {
  const all = Array.from({ length: 4000 }, (_, seq) => seq);

  it('follows from the seed, in its share, by try or by message', () => {
    const byTry = failingBy({ share: 0.3, by: 'attempt' }, 7);
    const failed = all.filter((seq) => byTry.fails(1, seq, 1));
    expect(failed.length).toBeGreaterThan(1000);
    expect(failed.length).toBeLessThan(1400);
    expect(failed.filter((seq) => byTry.fails(1, seq, 2)).length).toBeLessThan(0.4 * failed.length);
    expect(all.filter((seq) => failingBy({ share: 0.3, by: 'attempt' }, 7).fails(1, seq, 1))).toEqual(failed);
    expect(all.filter((seq) => failingBy({ share: 0.3, by: 'attempt' }, 8).fails(1, seq, 1))).not.toEqual(failed);
    const poison = failingBy({ share: 0.3, by: 'message' }, 7);
    expect(all.every((seq) => poison.fails(1, seq, 1) === poison.fails(1, seq, 9))).toBe(true);
  });

  it('is nothing at 0%, everything at 100%', () => {
    expect(all.some((seq) => failingBy({ share: 0, by: 'attempt' }, 7).fails(1, seq, 1))).toBe(false);
    expect(all.every((seq) => failingBy({ share: 1, by: 'message' }, 7).fails(1, seq, 1))).toBe(true);
  });
});

type Answer = (message: OutgoingMessage) => SendResult | Promise<SendResult>;

interface SceneOptions {
  readonly attempts?: number;
  readonly answer?: Answer;
  /** Without redelivery: what failed is given back. */
  readonly inPlace?: boolean;
}

/** A consumer of messages 0, 1 and 2, of which some fail; what happened, in order, is told. */
class Scene implements Disposable {
  readonly told: string[] = [];
  readonly stop = new AbortController();
  readonly stops: Stops;
  readonly retry: ScriptedClient;
  readonly dead: ScriptedClient;
  readonly consumer: Consumer;
  readonly queue: RetryQueue;
  readonly clock = runClock(newClockBase());
  readonly #folder = mkdtempSync(join(tmpdir(), 'mqchaos-redelivery-'));
  readonly #path = join(this.#folder, 'c1.1.journal');
  readonly #journal: JournalWriter;

  constructor(fails: (seq: number, attempt: number) => boolean, options: SceneOptions = {}) {
    const header: JournalHeader = {
      ...{
        run: 'r',
        role: 'consumer',
        writer: 'c1.1',
        clock: newClockBase(),
        topic: 't',
        partitions: 1,
        groups: ['g'],
      },
      positions: 'partition',
    };
    const { clock, stop } = this;
    this.#journal = new JournalWriter(this.#path, header, clock);
    const journal = this.#journal;
    this.stops = new Stops((at, message) => this.told.push(`standing ${at.point} ${message?.seq}`));
    const client = (name: string): ScriptedClient =>
      new ScriptedClient(async (message) => {
        this.told.push(`${name} ${message.seq}`);
        return (options.answer ?? acked)(message);
      });
    this.retry = client('retry');
    this.dead = client('dead');
    const redelivery: RedeliveryByCopies = {
      by: 'copies',
      attempts: options.attempts ?? 1,
      delayMs: 20,
      retry: channelOf('r'),
      retryGroup: 'r',
      dead: channelOf('d'),
    };
    const work: ConsumerWork = {
      ...{
        role: 'consumer',
        group: 'g',
        groupNumber: 0,
        session: 0,
        sessionTimeoutMs: 1000,
        commit: 'after',
        redelivery,
      },
    };
    const failing: Failing = {
      fails: (_, seq, attempt) => {
        this.told.push(`try ${attempt} of ${seq}`);
        return fails(seq, attempt);
      },
    };
    const parts = { journal, clock, stops: this.stops, stop: stop.signal, settles: 'position' as const };
    const moves = new Moves(work, redelivery, { ...parts, tag: tags.copies, retry: this.retry, dead: this.dead });
    const processing = new Processing(work, { ...parts, failing, ...(options.inPlace === true ? {} : { moves }) });
    const world = { journal, clock, processing, fail: () => {}, joined: () => {} };
    this.consumer = new Consumer(work, tags.messages, world);
    this.queue = new RetryQueue(work, tags, world);
  }

  batch(values: readonly Buffer[] = [0, 1, 2].map(messageValue)): Batch {
    const message = (value: Buffer, i: number): IncomingMessage => {
      return { value, partition: 0, position: i, redelivered: false, attempt: 1 };
    };
    const messages = values.map(message);
    return {
      partition: 0,
      messages,
      settle: async (settled) => {
        const count = messages.indexOf(settled.at(-1) as IncomingMessage) + 1;
        this.told.push(count === values.length ? 'acked all' : `acked ${count}`);
      },
      giveBack: async () => void this.told.push('given back'),
      heartbeat: async () => {},
    };
  }

  async events(): Promise<string[]> {
    this.#journal.flush();
    const found: string[] = [];
    const { pass, finish } = eventPass((event) => {
      found.push('seq' in event && 'attempt' in event ? `${event.kind} ${event.seq}/${event.attempt}` : event.kind);
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

const copyAt = (dueAtNs: number, attempt: number, seq: number): Buffer => {
  const copy = { attempt, place: { partition: 0, position: 40 + seq }, dueAtNs, value: messageValue(seq) };
  return encodeCopy(tags.copies, { producer: 1, seq, send: 1, sentAtNs: 0 }, copy);
};

describe('a consumer that redelivers', () => {
  it('copies what failed, goes on, and acknowledges when every copy is acknowledged', async () => {
    let answered = false;
    const answer: Answer = async (message) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      answered = true;
      return acked(message);
    };
    using scene = new Scene((seq) => seq === 0, { answer });
    await scene.consumer.batch(scene.batch());
    expect(answered).toBe(true);
    expect(scene.told.filter((each) => !each.startsWith('retry'))).toEqual([
      ...['try 1 of 0', 'try 1 of 1', 'try 1 of 2', 'acked all'],
    ]);
    expect(await scene.events()).toEqual([
      ...[
        'received 0/1',
        'received 1/1',
        'received 2/1',
        'processingFailed 0/1',
        'redeliveryScheduled 0/1',
        'ack',
        'ack',
      ],
    ]);
    const copy = decodeCopy(scene.retry.sent[0]?.value ?? Buffer.alloc(0), tags.copies);
    expect(copy).toMatchObject({ attempt: 2, place: { partition: 0, position: 0 }, value: messageValue(0) });
    expect(copy?.dueAtNs).toBeGreaterThan(0);
  });

  it('sends a copy again until it is acknowledged, each send with a number of its own', async () => {
    const answers: SendResult[] = [
      { outcome: 'unknown', reason: 'deadline' },
      { outcome: 'degraded', partition: 0, reason: 'x' },
    ];
    using scene = new Scene((seq) => seq === 1, { answer: (message) => answers.shift() ?? acked(message) });
    await scene.consumer.batch(scene.batch());
    expect(scene.retry.sent.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(scene.told.at(-1)).toBe('acked all');
    expect((await scene.events()).filter((each) => each.startsWith('redelivery'))).toEqual(['redeliveryScheduled 1/1']);
  });

  it('told to end while a copy is not acknowledged, it gives the batch back', async () => {
    using scene = new Scene((seq) => seq === 1, { answer: () => ({ outcome: 'unknown', reason: 'deadline' }) });
    const handling = scene.consumer.batch(scene.batch());
    await new Promise((resolve) => setTimeout(resolve, 20));
    scene.stop.abort();
    await expect(handling).rejects.toThrow('this consumer ends');
    expect(scene.told.filter((each) => each.startsWith('acked'))).toEqual([]);
    expect((await scene.events()).filter((each) => each.startsWith('redelivery'))).toEqual([]);
  });

  it('after the last try it buries', async () => {
    using scene = new Scene((seq) => seq === 2, { attempts: 0 });
    await scene.consumer.batch(scene.batch());
    expect(scene.told.slice(-2)).toEqual(['dead 2', 'acked all']);
    expect(decodeCopy(scene.dead.sent[0]?.value ?? Buffer.alloc(0), tags.copies)).toMatchObject({ attempt: 1 });
    expect(await scene.events()).toContain('deadLettered 2/1');
  });

  it.each([
    ['before move', []],
    ['after move', ['retry 0']],
  ] as const)('stands %s', async (point, sent) => {
    using scene = new Scene((seq) => seq === 0);
    scene.stops.add({ point, count: 1 });
    const handling = scene.consumer.batch(scene.batch());
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(scene.told).toContain(`standing ${point} 0`);
    expect(scene.told.filter((each) => each.startsWith('retry'))).toEqual(sent);
    expect(scene.told.some((each) => each.startsWith('acked'))).toBe(false);
    scene.stops.clear();
    await handling;
    expect(scene.told.at(-1)).toBe('acked all');
  });
});

describe('a consumer that does not redeliver', () => {
  it('counts the tries of what it gives back, until the batch is through', async () => {
    using scene = new Scene((seq, attempt) => seq === 1 && attempt < 3, { inPlace: true });
    for (let round = 1; round <= 2; round += 1) {
      await expect(scene.consumer.batch(scene.batch())).rejects.toThrow(`as planned, at try ${round}`);
    }
    await scene.consumer.batch(scene.batch());
    expect(scene.told.filter((each) => each.endsWith('of 1'))).toEqual(['try 1 of 1', 'try 2 of 1', 'try 3 of 1']);
    expect(scene.told.slice(-3)).toEqual(['try 3 of 1', 'try 1 of 2', 'acked all']);
    expect(scene.retry.sent).toEqual([]);
  });
});

describe('a retry queue', () => {
  it('receives what is due when it is due, with its number and no position, and acknowledges so far', async () => {
    using scene = new Scene((seq, attempt) => seq === 1 && attempt === 2, { attempts: 5 });
    const soonNs = scene.clock() + 60e6;
    await scene.queue.batch(scene.batch([copyAt(0, 2, 0), copyAt(0, 3, 1), copyAt(soonNs, 2, 1)]));
    expect(scene.clock()).toBeGreaterThanOrEqual(soonNs);
    expect(scene.told).toEqual([...['try 2 of 0', 'try 3 of 1', 'acked 2'], ...['try 2 of 1', 'retry 1', 'acked all']]);
    expect(decodeCopy(scene.retry.sent[0]?.value ?? Buffer.alloc(0), tags.copies)).toMatchObject({
      ...{ attempt: 3, place: { partition: 0, position: 41 } },
    });
    expect((await scene.events()).slice(0, 2)).toEqual(['received 0/2', 'received 1/3']);
  });

  it('gives back what is far away, without a receipt', async () => {
    using scene = new Scene(() => false);
    await expect(scene.queue.batch(scene.batch([copyAt(scene.clock() + 3600e9, 2, 0)]))).rejects.toThrow('not due yet');
    expect(await scene.events()).toEqual([]);
  });

  it('told to end, it gives back what it waits for', async () => {
    using scene = new Scene(() => false);
    const handling = scene.queue.batch(scene.batch([copyAt(scene.clock() + 3600e9, 2, 0)]));
    scene.stop.abort();
    await expect(handling).rejects.toThrow('this consumer ends');
  });
});
