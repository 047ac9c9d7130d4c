/** What the clients are put before: a real Kafka, and two forms of the bundled broker. */
import { Kafka, logLevel } from 'kafkajs';
import { TestCluster } from '../broker/support/nodes.ts';
import { SetCluster } from '../broker/support/set-cluster.ts';
import { startKafka, until } from '../support/kafka.ts';

export interface Subject extends AsyncDisposable {
  readonly bootstrap: string;
  /** Kills what leads and waits until somebody does again; nothing where nobody would take over. */
  killMaster(topic: string): Promise<void>;
}

export const subjects = {
  /** The judge: what it answers is right. */
  kafka: async (): Promise<Subject> => {
    const kafka = await startKafka();
    try {
      await hasCoordinator(kafka.bootstrap);
    } catch (error) {
      await kafka[Symbol.asyncDispose]();
      throw error;
    }
    return { ...unbroken, bootstrap: kafka.bootstrap, [Symbol.asyncDispose]: () => kafka[Symbol.asyncDispose]() };
  },
  masters: async (): Promise<Subject> => {
    const cluster = await TestCluster.start(2);
    const bootstrap = [1, 2].map((id) => cluster.master(id).address).join(',');
    return { ...unbroken, bootstrap, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() };
  },
  slaves: async (): Promise<Subject> => {
    const cluster = await SetCluster.startPatient(ids, 'in-sync', 3000, '--replication', 'sync');
    return {
      bootstrap: ids.map((id) => cluster.node(id).address).join(','),
      killMaster: async (topic) => {
        const leader = await cluster.leaderOf(topic, 0);
        await cluster.node(leader).kill('SIGKILL');
        await cluster.elects(topic, 0, leader);
      },
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    };
  },
} as const;

/** A master and two slaves: with one dead, another is still in-sync, and writes are acknowledged. */
const ids = [1, 17, 33];

export type SubjectName = keyof typeof subjects;

const unbroken = { killMaster: async () => {} };

/** Kafka's coordinator makes a topic of its own first, for which not every client waits. */
async function hasCoordinator(bootstrap: string): Promise<void> {
  const kafka = new Kafka({
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, maxRetryTime: 500 },
  });
  const consumer = kafka.consumer({ groupId: 'first' });
  await consumer.connect();
  await until('Kafka has a coordinator', 30_000, () =>
    consumer.describeGroup().then(
      () => true,
      () => false,
    ),
  );
  await consumer.disconnect();
}
