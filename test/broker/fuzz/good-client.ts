import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs';
import { after } from '../support/nodes.ts';

const pauseMs = 20;
const lastLimitMs = 60_000;

/** What a good client saw. */
export interface GoodClientReport {
  readonly sent: number;
  /** Sent and not received once and in order; errors; how often its group was rebalanced after the start. */
  readonly problems: readonly string[];
  readonly slowestMs: number;
}

/**
 * Produces one message at a time, and consumes them in a group that commits, without a single retry: whatever disturbs it
 * is a problem.
 */
export class GoodClient {
  readonly #kafka: Kafka;
  readonly #producer: Producer;
  readonly #consumer: Consumer;
  readonly #problems: string[] = [];
  readonly #received: number[] = [];
  #sent = 0;
  #slowestMs = 0;
  #joins = 0;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  readonly #topic: string;

  /** @param topic is made, and its group is called the same */
  constructor(broker: string, topic = 'good') {
    const retry = { retries: 0 };
    const client = { clientId: topic, brokers: [broker], logLevel: logLevel.NOTHING, retry, requestTimeout: 60_000 };
    this.#topic = topic;
    this.#kafka = new Kafka(client);
    this.#producer = this.#kafka.producer({ retry });
    this.#consumer = this.#kafka.consumer({ groupId: topic, sessionTimeout: 60_000, heartbeatInterval: 500, retry });
  }

  /** @param others are made as well, with two partitions each */
  async start(others: readonly string[] = []): Promise<void> {
    const topic = this.#topic;
    const admin = this.#kafka.admin();
    await admin.connect();
    const more = others.map((name) => ({ topic: name, numPartitions: 2 }));
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }, ...more] });
    await admin.disconnect();
    await this.#producer.connect();
    await this.#consumer.connect();
    this.#consumer.on('consumer.crash', ({ payload }) => this.#problem(`consumer: ${payload.error.message}`));
    this.#consumer.on('consumer.group_join', () => {
      this.#joins += 1;
    });
    await this.#consumer.subscribe({ topic, fromBeginning: true });
    await this.#consumer.run({
      autoCommitInterval: 200,
      eachMessage: async ({ message }) => {
        this.#received.push(Number(message.value));
      },
    });
    this.#running = this.#produce();
  }

  /** Whether nothing has disturbed it so far. */
  get isWell(): boolean {
    return this.#problems.length === 0;
  }

  async stop(): Promise<GoodClientReport> {
    while (this.isWell && this.#received.length === 0) await after(100);
    this.#stopping = true;
    await this.#running;
    for (let waitedMs = 0; this.#received.length < this.#sent && waitedMs < lastLimitMs; waitedMs += 100) {
      await after(100);
    }
    await this.#consumer.disconnect();
    await this.#producer.disconnect();
    const wrong = this.#received.findIndex((number, at) => number !== at);
    if (wrong >= 0) this.#problem(`received ${this.#received[wrong]} where ${wrong} was due`);
    if (this.#received.length !== this.#sent) {
      this.#problem(`received ${this.#received.length} of ${this.#sent} messages`);
    }
    if (this.#joins !== 1) this.#problem(`its group was joined ${this.#joins} times`);
    return { sent: this.#sent, problems: this.#problems, slowestMs: Math.round(this.#slowestMs) };
  }

  async #produce(): Promise<void> {
    while (!this.#stopping) {
      const sentAtMs = performance.now();
      try {
        await this.#producer.send({ topic: this.#topic, acks: -1, messages: [{ value: String(this.#sent) }] });
        this.#sent += 1;
      } catch (error) {
        this.#problem(`message ${this.#sent}: ${error instanceof Error ? error.message : String(error)}`);
        return;
      }
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - sentAtMs);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  #problem(text: string): void {
    this.#problems.push(text);
  }
}

/** Produces one message, with retries: a node may just have been deposed, or be starting. */
export async function produceOnce(broker: string): Promise<void> {
  const producer = new Kafka({ clientId: 'again', brokers: [broker], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic: 'good', acks: -1, messages: [{ value: 'again' }] });
  await producer.disconnect();
}
