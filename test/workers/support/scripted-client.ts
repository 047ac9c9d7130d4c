/** A producer at its own seam: a client that answers as the test says, and a journal that is read from disk. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newClockBase, runClock } from '../../../src/journal/clock.ts';
import { eventPass } from '../../../src/journal/decode.ts';
import type { Event } from '../../../src/journal/event.ts';
import { headerSizeBytes, type JournalHeader } from '../../../src/journal/header.ts';
import { JournalWriter } from '../../../src/journal/writer.ts';
import type { OutgoingMessage, ProducerClient, SendResult } from '../../../src/products/driver.ts';
import type { ProducerWork, WorkerConfig } from '../../../src/workers/config.ts';
import { Producer } from '../../../src/workers/producer.ts';
import { accessTo, channelOf } from '../../support/access.ts';

export const acked = (message: OutgoingMessage): SendResult => ({
  outcome: 'acked',
  ...(message.partition === undefined ? {} : { partition: message.partition }),
  position: message.seq,
});

export class ScriptedClient implements ProducerClient {
  readonly sent: OutgoingMessage[] = [];
  inFlight = 0;
  mostInFlight = 0;
  readonly #answer: (message: OutgoingMessage) => SendResult | Promise<SendResult>;
  readonly #routes: readonly string[];

  constructor(
    answer: (message: OutgoingMessage) => SendResult | Promise<SendResult>,
    routes: readonly string[] = ['a:1', 'b:1', 'a:1', 'b:1'],
  ) {
    this.#answer = answer;
    this.#routes = routes;
  }

  async send(message: OutgoingMessage): Promise<SendResult> {
    this.sent.push(message);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    const answer = this.#answer(message);
    // every answer is later than its send, as over any network
    const result = await Promise.all([answer, new Promise((resolve) => setImmediate(resolve))]);
    this.inFlight -= 1;
    return result[0];
  }

  routes(): readonly string[] {
    return this.#routes;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A producer with four partitions, its journal in a folder of its own. */
export class ProducerStand implements Disposable {
  readonly producer: Producer;
  readonly #stop = new AbortController();
  readonly #folder = mkdtempSync(join(tmpdir(), 'mqchaos-test-'));
  readonly #path = join(this.#folder, 'p1.1.journal');
  readonly #journal: JournalWriter;

  constructor(client: ProducerClient, work: Partial<ProducerWork>) {
    const base = newClockBase();
    const header: JournalHeader = {
      ...{ run: 'r', role: 'producer' as const, writer: 'p1.1', producer: 3, clock: base, topic: 't', partitions: 4 },
      ...{ groups: [], positions: 'partition' as const },
    };
    const all: ProducerWork = {
      ...{ role: 'producer', producer: 3, count: 1, send: 'async', window: 10, acks: 'all', idempotent: false },
      ...{ retries: 0, retryDelayMs: 1, retryAnotherBroker: false, timeoutMs: 1000, messages: 20, payloadBytes: 100 },
      ...work,
    };
    const config: WorkerConfig = {
      ...{ name: 'p1.1', journal: this.#path, header, driver: 'bundled', access: accessTo([]) },
      ...{ channel: channelOf('t'), seed: 1, work: all },
    };
    const clock = runClock(base);
    this.#journal = new JournalWriter(this.#path, header, clock);
    const world = { client, journal: this.#journal, clock, stop: this.#stop.signal, report: () => {} };
    this.producer = new Producer(config, all, world);
  }

  /** Resolves as the producer's own run does; its journal is closed then. */
  async run(): Promise<boolean> {
    const finished = await this.producer.run();
    this.#journal.close();
    return finished;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** What of the journal is in the file now; what the writer still holds is not seen. */
  onDisk(): Event[] {
    const bytes = readFileSync(this.#path).subarray(headerSizeBytes);
    const words = new Int32Array(Math.floor(bytes.length / 4));
    new Uint8Array(words.buffer).set(bytes.subarray(0, words.length * 4));
    const events: Event[] = [];
    const { pass, finish } = eventPass((event) => events.push(event));
    pass(words, words.length);
    finish();
    return events;
  }

  [Symbol.dispose](): void {
    this.#journal.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
