import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Kafka, logLevel, type PartitionMetadata } from 'kafkajs';
import { after, BrokerProcess } from './nodes.ts';

/** A name server, masters and their slaves as real processes: node 1 leads set 1, 17 is its slave; 2 and 18 are set 2. */
export class SetCluster implements AsyncDisposable {
  readonly #folder: string;
  readonly #flags: readonly string[];
  readonly #nodes = new Map<number, BrokerProcess>();
  readonly nameServer: BrokerProcess;

  private constructor(folder: string, nameServer: BrokerProcess, flags: readonly string[]) {
    this.#folder = folder;
    this.nameServer = nameServer;
    this.#flags = flags;
  }

  static start(ids: readonly number[], failover: string, ...flags: string[]): Promise<SetCluster> {
    return SetCluster.startPatient(ids, failover, 1000, ...flags);
  }

  /** @param masterTimeoutMs how long a busy machine may keep a master from telling that it is there */
  static async startPatient(
    ids: readonly number[],
    failover: string,
    masterTimeoutMs: number,
    ...flags: string[]
  ): Promise<SetCluster> {
    const folder = await mkdtemp(path.join(tmpdir(), 'mqchaos-sets-'));
    const place = ['--port', '0', '--folder', path.join(folder, 'ns'), '--master-timeout-ms', String(masterTimeoutMs)];
    const nameServer = await BrokerProcess.start('name-server', ...place, '--failover', failover);
    const cluster = new SetCluster(folder, nameServer, flags);
    for (const id of ids) await cluster.start(id);
    return cluster;
  }

  async start(id: number): Promise<BrokerProcess> {
    const port = this.#nodes.get(id)?.ready.port ?? 0;
    const place = ['--port', String(port), '--folder', this.#folderOf(id), '--name-server', this.nameServer.address];
    const args = ['broker', '--id', String(id), '--set', String(id % 16), ...place, ...this.#flags];
    const node = await BrokerProcess.start(...args);
    this.#nodes.set(id, node);
    return node;
  }

  node(id: number): BrokerProcess {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  async wipe(id: number): Promise<void> {
    await this.node(id).kill();
    await rm(this.#folderOf(id), { recursive: true });
  }

  kafka(): Kafka {
    const brokers = [...this.#nodes.values()].map(({ address }) => address);
    const retry = { retries: 30, initialRetryTime: 50, maxRetryTime: 500 };
    return new Kafka({ clientId: 'test', brokers, logLevel: logLevel.NOTHING, retry, requestTimeout: 5000 });
  }

  /** Waits until a partition has this leader and so many nodes in-sync. */
  async settles(topic: string, partition: number, leader: number, inSync: number): Promise<void> {
    await this.#sees(topic, partition, (found) => found.leader === leader && found.isr.length === inSync);
  }

  /** Who leads a partition whose nodes are all in-sync, for which it waits. */
  async leaderOf(topic: string, partition: number): Promise<number> {
    const all = this.#nodes.size;
    return (await this.#sees(topic, partition, ({ leader, isr }) => leader >= 0 && isr.length === all)).leader;
  }

  /** Waits until a partition has another leader than this one. */
  async elects(topic: string, partition: number, former: number): Promise<void> {
    await this.#sees(topic, partition, ({ leader }) => leader !== former && leader >= 0);
  }

  async #sees(
    topic: string,
    partition: number,
    isSo: (found: PartitionMetadata) => boolean,
  ): Promise<PartitionMetadata> {
    const admin = this.kafka().admin();
    await admin.connect();
    try {
      for (let waits = 0; waits < 300; waits++) {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        const found = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition);
        if (found !== undefined && isSo(found)) return found;
        await after(100);
      }
    } finally {
      await admin.disconnect();
    }
    throw new Error(`partition ${partition} did not settle\n${[...this.#nodes.values()].map(({ stderr }) => stderr)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of [...this.#nodes.values(), this.nameServer]) await node.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #folderOf(id: number): string {
    return path.join(this.#folder, `n${id}`);
  }
}
