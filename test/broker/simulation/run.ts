import { messageOf } from '../../../src/broker/errors.ts';
import { createTopics } from '../../../src/broker/wire/apis/topics.ts';
import { code } from '../../../src/broker/wire/codes.ts';
import { stream } from '../../../src/plan/random.ts';
import { Client, topic } from './client.ts';
import { nameServer, nodeName, SimulatedCluster } from './cluster.ts';
import { Consumer } from './consumer.ts';
import { type Ending, judge } from './contract.ts';
import { History } from './history.ts';
import { Membership } from './membership.ts';
import { Producer } from './producer.ts';
import { endOf, read } from './reading.ts';
import { type Deed, leader, promisesOf, roundMs, type Scenario, type Target } from './scenario.ts';
import { Trace } from './trace.ts';

/** How long the cluster may take to become whole after everything is healed, in virtual ms. */
const healMs = 60_000;

export interface Outcome {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  /** Equal for equal runs. */
  readonly digest: string;
  readonly counts: string;
}

/** Carries out a scenario in virtual time, and judges it. Nothing but the scenario decides what happens. */
export async function simulate(scenario: Scenario): Promise<Outcome> {
  return await new Simulation(scenario).run();
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #trace = new Trace();
  readonly #history = new History();
  readonly #cluster: SimulatedCluster;
  readonly #operator: Client;
  /** Nodes whose disk has failed: what it holds is known again after a restart. */
  readonly #failed = new Set<string>();
  #sending = true;
  #over = false;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const { seed, shape } = scenario;
    this.#cluster = new SimulatedCluster(seed, shape, this.#trace, stream(seed, 'wire'));
    this.#operator = new Client(this.#cluster, 'admin', seed);
  }

  async run(): Promise<Outcome> {
    const { violations } = this.#history;
    let ending: Ending | undefined;
    const running = this.#play().then(
      (found) => {
        ending = found;
      },
      (error: unknown) => {
        violations.push(messageOf(error));
      },
    );
    void running.finally(() => {
      this.#over = true;
    });
    await this.#cluster.time.pass(Number.POSITIVE_INFINITY, () => this.#over);
    if (ending !== undefined) violations.push(...judge(this.#scenario, this.#history, ending));
    const counts = this.#history.counts();
    for (const violation of violations) this.#trace.say(`VIOLATION ${violation}`);
    this.#trace.say(counts);
    return { violations, trace: this.#trace.lines, counts, digest: this.#trace.end() };
  }

  async #play(): Promise<Ending> {
    this.#heal();
    await this.#whole('at first');
    await this.#createTopic();
    const clients = this.#clients();
    for (const deeds of this.#scenario.rounds) {
      for (const deed of deeds) void this.#carryOut(deed);
      await this.#operator.pause(roundMs);
      this.#heal();
      await this.#whole('after a round');
    }
    this.#sending = false;
    await this.#until('the producers do not come to an end', () => clients.isDone);
    return await this.#ending();
  }

  /** Everybody who sends and reads; `isDone` once each has brought to its end what it began. */
  #clients(): { readonly isDone: boolean } {
    const { seed, producers, consumers, partitions } = this.#scenario;
    const promises = promisesOf(this.#scenario);
    const ends = () => !this.#sending;
    const running = [
      ...producers.map((shape) => {
        const client = new Client(this.#cluster, shape.name, seed);
        return new Producer(client, shape, this.#history, partitions, !promises.all).run(ends);
      }),
      ...consumers.map(({ name, group, joins }) => {
        const client = new Client(this.#cluster, name, seed);
        const membership = joins ? new Membership(client, group, partitions) : undefined;
        return new Consumer(client, group, this.#history, partitions, membership).run(ends);
      }),
    ];
    const state = { isDone: false };
    void Promise.all(running).then(() => {
      state.isDone = true;
    });
    return state;
  }

  async #createTopic(): Promise<void> {
    const { partitions } = this.#scenario;
    const asked = { name: topic, partitionCount: partitions, replicationFactor: -1, assignments: [], configs: [] };
    const request = { ...createTopics.request.zero, topics: [asked], timeoutMs: 2000, validateOnly: false };
    await this.#until('the topic is not created', async () => {
      const answer = await this.#operator.call(this.#cluster.ids[0] ?? 1, createTopics, request);
      const errorCode = answer.topics[0]?.errorCode;
      return errorCode === code.NONE || errorCode === code.TOPIC_ALREADY_EXISTS;
    });
  }

  async #carryOut({ atMs, forMs, what }: Deed): Promise<void> {
    await this.#operator.pause(atMs);
    const cluster = this.#cluster;
    if (what.do === 'die') {
      const dying = what.deaths.flatMap(({ target, death }) => this.#named(target).map((name) => ({ name, death })));
      for (const { name, death } of dying) cluster.kill(name, death, what.left);
      await this.#operator.pause(forMs);
      for (const { name } of dying) cluster.start(name);
      return;
    }
    if (what.do === 'promote') {
      const answer = await cluster.promote(Number(what.target.slice(1))).catch(messageOf);
      this.#trace.say(`promote ${what.target}: ${answer}`);
      return;
    }
    const [name] = this.#named(what.target);
    if (name === undefined) return;
    const machine = cluster.machine(name);
    const { life, disk } = machine;
    if (life === undefined) return;
    this.#trace.say(`${name}: ${JSON.stringify(what)} for ${forMs} ms`);
    switch (what.do) {
      case 'pause':
        life.pause();
        await this.#operator.pause(forMs);
        life.resume();
        this.#trace.say(`${name} goes on`);
        break;
      case 'disk': {
        const { rule } = what;
        disk?.obey('fail' in rule ? { ...rule, on: ['write', 'sync'] } : rule);
        if ('fail' in rule) this.#failed.add(name);
        await this.#operator.pause(forMs);
        if ('syncDelayMs' in rule) disk?.obey({});
        break;
      }
      case 'part':
        for (const other of this.#places(what.from)) {
          if (what.ways !== 'from') cluster.wire.part(other, name);
          if (what.ways !== 'to') cluster.wire.part(name, other);
        }
        await this.#operator.pause(forMs);
        this.#rejoin();
        break;
    }
  }

  /** Ends every fault. A node whose disk has failed is started again. */
  #heal(): void {
    this.#trace.say('healing');
    this.#rejoin();
    for (const name of [nameServer, ...this.#cluster.ids.map(nodeName)]) {
      const { life } = this.#cluster.machine(name);
      if (life?.isPaused === true) life.resume();
      if (this.#failed.delete(name)) this.#cluster.kill(name, 'kill');
      this.#cluster.start(name);
    }
  }

  #rejoin(): void {
    const all = [nameServer, ...this.#cluster.ids.map(nodeName), ...this.#places('clients')];
    for (const one of all) for (const other of all) if (one !== other) this.#cluster.wire.join(one, other);
  }

  /** All nodes of all sets are in-sync, and the leaders know what they may show. */
  async #whole(when: string): Promise<void> {
    const { ids, shape } = this.#cluster;
    await this.#until(`the cluster is not whole ${when}`, async () => {
      for (const name of [nameServer, ...ids.map(nodeName)]) this.#cluster.start(name);
      if (ids.some((id) => this.#cluster.node(id) === undefined)) return false;
      if (when === 'at first') return true;
      this.#operator.forget();
      for (const { index, inSyncReplicas } of await this.#operator.partitions()) {
        if (inSyncReplicas.length !== shape.slaves + 1) return false;
        if ((await endOf(this.#operator, index)) === undefined) return false;
      }
      return true;
    });
  }

  async #until(otherwise: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const deadlineMs = this.#operator.nowMs + healMs;
    while (this.#operator.nowMs < deadlineMs) {
      if (await Promise.resolve(condition()).catch(() => false)) return;
      await this.#operator.pause(100);
    }
    throw new Error(`${otherwise} within ${healMs} ms`);
  }

  /** What is left in the end: what the leaders show, from the first offset on, and the files of every node. */
  async #ending(): Promise<Ending> {
    // what was confirmed last has come everywhere
    await this.#operator.pause(2000);
    await this.#whole('in the end');
    const { consumers, partitions } = this.#scenario;
    const stored = new Map<number, { offset: number; value: string }[]>();
    for (let partition = 0; partition < partitions; partition++) stored.set(partition, await this.#readAll(partition));
    for (const group of new Set(consumers.map((consumer) => consumer.group))) {
      this.#operator.forget();
      const consumer = new Consumer(this.#operator, group, this.#history, partitions);
      for (let partition = 0; partition < partitions; partition++) {
        await this.#until('committed offsets are not told', () => consumer.resume(partition));
      }
    }
    const logs = this.#cluster.ids.map((id) => ({
      id,
      set: id % 16,
      log: Buffer.concat([...this.#cluster.machine(nodeName(id)).files('commit-log/').values()]),
    }));
    return { stored, logs };
  }

  async #readAll(partition: number): Promise<{ offset: number; value: string }[]> {
    const all: { offset: number; value: string }[] = [];
    await this.#until(`partition ${partition} cannot be read`, async () => {
      this.#operator.forget();
      const end = await endOf(this.#operator, partition);
      if (end === undefined) return false;
      all.length = 0;
      for (let at = 0; at < end; ) {
        const found = await read(this.#operator, partition, at, 0);
        const last = found?.records.at(-1);
        if (found?.errorCode !== code.NONE || last === undefined) return false;
        all.push(...found.records);
        at = last.offset + 1;
      }
      return true;
    });
    return all;
  }

  #places(target: Target): string[] {
    if (target !== 'clients') return this.#named(target);
    const { producers, consumers } = this.#scenario;
    return [...producers, ...consumers].map(({ name }) => name);
  }

  #named(target: Target): string[] {
    if (target !== leader) return [target];
    const id = this.#cluster.ids.find((one) => one % 16 === 1 && this.#cluster.node(one)?.role === 'leader');
    return id === undefined ? [] : [nodeName(id)];
  }
}
