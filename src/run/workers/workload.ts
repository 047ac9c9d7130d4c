/** The workers of a run: who sends how much, who consumes in which group, and how far they are. */
import { join } from 'node:path';
import { defaultPatienceMs } from '../../effects/settings.ts';
import type { ToolError } from '../../errors.ts';
import type { JournalWriter } from '../../journal/writer.ts';
import type { BrokerAccess } from '../../products/driver.ts';
import { consumerNames, groupOfConsumer, producerNames } from '../../profile/names.ts';
import { poll } from '../../wait.ts';
import {
  type Counters,
  noCounters,
  type OwnCommandConfig,
  type RedeliveryWork,
  type WorkerConfig,
} from '../../workers/config.ts';
import type { Reached, RunContext } from '../context.ts';
import type { EffectStores } from '../set-up/effect-stores.ts';
import { addCounters, RunWorker } from './worker.ts';

const lookEveryMs = 10;
const stopBoundMs = 5000;
/** A consumer that has effects may wait for their store, one that moves messages for the broker: beyond its patience. */
const longStopBoundMs = 10_000;
/** A command of the user's that is told to end finishes what it has in hand. */
const commandStopBoundMs = 10_000;
const joinBoundMs = 60_000;
/** A driver whose idempotent client queues its sends may take this many times the timeout of an attempt. */
const attemptsPerStop = 4;

/** Where the brokers are for workers: for those under attack, and for those whose work is proof, past any link. */
export interface WorkerWays {
  readonly clients: Reached;
  readonly past: Reached;
}

/** Told of what was not planned, and of each process that starts. */
export interface WorkerWatch {
  /** The process waits until this resolves before it connects anywhere. */
  started(id: string, pid: number): Promise<void>;
  /** A worker ended without being asked to: its work is missing from the run. */
  broke(error: ToolError): void;
  /** The command of a worker of the user's own did what no right one does. */
  misbehaved(text: string): void;
}

export class Workload {
  readonly producers: readonly RunWorker[];
  readonly consumers: readonly RunWorker[];
  readonly #context: RunContext;
  readonly #ways: WorkerWays;
  readonly #journal: JournalWriter;
  readonly #stores: EffectStores | undefined;
  readonly #watch: WorkerWatch;
  #fresh: RunWorker[] = [];
  #producerNumber = 0;
  #session = 0;
  #startedAtMs = 0;

  constructor(
    context: RunContext,
    ways: WorkerWays,
    journal: JournalWriter,
    stores: EffectStores | undefined,
    watch: WorkerWatch,
  ) {
    this.#watch = watch;
    this.#context = context;
    this.#ways = ways;
    this.#journal = journal;
    this.#stores = stores;
    const { producers, consumers } = context.plan;
    this.producers = producerNames(producers.count).map((id) => this.#worker(id, 'producer'));
    this.consumers = consumerNames(consumers.count, consumers.groups).map((id) => this.#worker(id, 'consumer'));
  }

  /** Some producer that is there has work left. */
  get sending(): boolean {
    return this.producers.some((producer) => producer.running && !producer.finished);
  }

  /** Some producer has work left, be it there or not. */
  get unfinished(): boolean {
    return this.producers.some((producer) => !producer.finished);
  }

  /** Everybody there is or was: in the drain also its fresh consumers. */
  get workers(): readonly RunWorker[] {
    return [...this.producers, ...this.consumers, ...this.#fresh];
  }

  get counters(): Counters {
    return this.workers.map((worker) => worker.counters).reduce(addCounters, noCounters);
  }

  get elapsedMs(): number {
    return this.#startedAtMs === 0 ? 0 : performance.now() - this.#startedAtMs;
  }

  find(id: string): RunWorker | undefined {
    return [...this.producers, ...this.consumers].find((worker) => worker.id === id);
  }

  async startProducers(): Promise<void> {
    await Promise.all(this.producers.map((producer) => producer.start()));
  }

  async startConsumers(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.start()));
    for (const consumer of this.consumers) consumer.go();
  }

  go(): void {
    this.#startedAtMs = performance.now();
    for (const producer of this.producers) producer.go();
  }

  /** Ends the producers; true when each had settled all that it had in flight. */
  async stopProducers(): Promise<boolean> {
    const { timeoutMs, command } = this.#context.plan.producers;
    const boundMs = (command === undefined ? stopBoundMs : commandStopBoundMs) + attemptsPerStop * timeoutMs;
    const living = this.producers.filter((producer) => producer.running);
    await Promise.all(living.map((producer) => producer.stop(boundMs)));
    return this.producers.every((producer) => producer.finished);
  }

  /**
   * Ends the consumers and starts one fresh one in each group: broken client state cannot hide messages.
   * @throws Error when one did not start or ended, or has not joined its group within a minute; the others are at work.
   */
  async renewConsumers(signal: AbortSignal): Promise<void> {
    await this.stopConsumers();
    this.#fresh = this.#context.groups.map((_, index) => this.#worker(`drain${index + 1}`, 'consumer'));
    const starts = await Promise.allSettled(this.#fresh.map((consumer) => consumer.start()));
    for (const consumer of this.#fresh) consumer.go();
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    const joined = (): true | undefined =>
      this.#fresh.every((consumer) => consumer.assigned || consumer.broken !== undefined) ? true : undefined;
    await poll(joined, { everyMs: lookEveryMs, boundMs: joinBoundMs, signal });
    for (const { broken } of this.#fresh) if (broken !== undefined) throw broken;
    const silent = this.#fresh.filter((consumer) => !consumer.assigned).map((consumer) => consumer.id);
    if (silent.length > 0) throw new Error(`${silent.join(', ')} did not join within ${joinBoundMs} ms`);
  }

  /** Why nobody consumes in a group any more; undefined while its fresh consumer does. */
  drainBroken(group: number): string | undefined {
    return this.#fresh[group]?.broken?.message;
  }

  /** What a group's fresh consumer last told of itself, and when; undefined: it has told nothing yet. */
  drainTold(group: number): { readonly counters: Counters; readonly atMs: number } | undefined {
    const consumer = this.#fresh[group];
    return consumer === undefined || consumer.toldAtMs === 0
      ? undefined
      : { counters: consumer.counters, atMs: consumer.toldAtMs };
  }

  /** Reads the broker's log with the independent reader; true when it read every partition completely. */
  async read(signal: AbortSignal): Promise<boolean> {
    const reader = this.#worker('reader', 'reader');
    await reader.start();
    reader.go();
    await poll(() => (reader.running && !signal.aborted ? undefined : true), {
      everyMs: lookEveryMs,
      boundMs: this.#context.plan.limitMs,
      signal,
    });
    await reader.stop(stopBoundMs);
    return reader.finished;
  }

  async stop(): Promise<void> {
    await Promise.all([this.stopProducers(), this.stopConsumers()]);
  }

  /** What they have in hand is processed, or given back to the broker. */
  async stopConsumers(): Promise<void> {
    const living = [...this.consumers, ...this.#fresh].filter((consumer) => consumer.running);
    if (this.#context.plan.consumers.command !== undefined) {
      await Promise.all(living.map((consumer) => consumer.stop(commandStopBoundMs)));
      return;
    }
    const waits = this.#stores !== undefined || this.#context.plan.consumers.redelivery !== undefined;
    const patienceMs = Math.max(defaultPatienceMs, this.#stores?.settings.patienceMs ?? 0);
    const boundMs = waits ? longStopBoundMs + patienceMs : stopBoundMs;
    await Promise.all(living.map((consumer) => consumer.stop(boundMs)));
  }

  #worker(id: string, role: RunWorker['role']): RunWorker {
    return new RunWorker(id, role, {
      run: this.#context.folder.path,
      folder: this.#context.folder.workers,
      journal: this.#journal,
      configure: (worker, incarnation) => this.#configure(worker, incarnation),
      started: (worker, pid) => this.#watch.started(worker.id, pid),
      broke: (_, error) => this.#watch.broke(error),
      misbehaved: (text) => this.#watch.misbehaved(text),
    });
  }

  #configure(worker: RunWorker, incarnation: number): WorkerConfig | undefined {
    const work = this.#work(worker);
    if (work === undefined) return undefined;
    const { folder, header, plan, channel, product } = this.#context;
    const proves = worker.role === 'reader' || this.#fresh.includes(worker);
    const access = this.#context.access(proves ? this.#ways.past : this.#ways.clients);
    const name = `${worker.id}.${incarnation}`;
    const journal = join(folder.journals, `${name}.journal`);
    return {
      name,
      journal,
      header: header(worker.role, name, work.role === 'producer' ? work.producer : undefined),
      driver: product.name,
      access,
      channel,
      seed: plan.seed,
      ...this.#own(work, access),
      work,
    };
  }

  /** @throws Error for a product without clients of others, which the profile's check refuses. */
  #own(work: WorkerConfig['work'], access: BrokerAccess): { readonly own?: OwnCommandConfig } {
    if (work.role === 'reader') return {};
    const { plan, product } = this.#context;
    const { command: argv } = work.role === 'producer' ? plan.producers : plan.consumers;
    if (argv === undefined) return {};
    const client = product.foreignClient?.(access, work.role);
    if (client === undefined) throw new Error(`${product.name} has no settings for clients of others`);
    const { connection, secrets: environment } = client;
    return { own: { argv, cwd: process.cwd(), connection, environment } };
  }

  #work(worker: RunWorker): WorkerConfig['work'] | undefined {
    const { plan, groups, readerGroup } = this.#context;
    if (worker.role === 'reader') return { role: 'reader', group: readerGroup };
    if (worker.role === 'consumer') {
      const index = this.#groupOf(worker);
      const session = this.#session;
      this.#session += 1;
      const { sessionTimeoutMs, commit, failing } = plan.consumers;
      const stores = this.#stores;
      const effect = stores && { effect: { settings: stores.settings, access: stores.access(index) } };
      const group = groups[index] as string;
      const redelivery = this.#redelivery(index);
      const fails = failing && { failing };
      return {
        ...{ role: 'consumer', group, groupNumber: index, session, sessionTimeoutMs, commit },
        ...fails,
        ...redelivery,
        ...effect,
      };
    }
    const left = this.#share(worker) - worker.counters.attempted;
    if (left <= 0) return undefined;
    const producer = this.#producerNumber;
    this.#producerNumber += 1;
    const { ratePerSecond, ...rest } = plan.producers;
    const rate = ratePerSecond === undefined ? {} : { ratePerSecond: ratePerSecond / plan.producers.count };
    return { role: 'producer', producer, ...rest, ...rate, messages: left };
  }

  #redelivery(group: number): { readonly redelivery?: RedeliveryWork } {
    const { plan, queues } = this.#context;
    const { redelivery } = plan.consumers;
    if (redelivery === undefined) return {};
    const { attempts, delayMs } = redelivery;
    const names = queues[group];
    if (names === undefined) return { redelivery: { by: 'broker', delayMs } };
    return { redelivery: { by: 'copies', attempts, delayMs, ...names } };
  }

  /** Number of a consumer's group: the first group has the first `count` consumers. */
  #groupOf(consumer: RunWorker): number {
    const fresh = this.#fresh.indexOf(consumer);
    return fresh >= 0 ? fresh : groupOfConsumer(this.consumers.indexOf(consumer), this.#context.plan.consumers.count);
  }

  /** Messages of the plan that fall to this producer. */
  #share(producer: RunWorker): number {
    const { messages, count } = this.#context.plan.producers;
    return Math.floor(messages / count) + (this.producers.indexOf(producer) < messages % count ? 1 : 0);
  }
}
