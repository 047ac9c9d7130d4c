import { type Attack, attack } from './attack.ts';
import { FuzzedCluster } from './cluster.ts';
import type { Protocol } from './frames.ts';
import { GoodClient, type GoodClientReport, produceOnce } from './good-client.ts';
import { readBack } from './read-back.ts';
import { ownTopics } from './values.ts';

export interface CampaignSettings {
  readonly seed: number;
  readonly protocol: Protocol;
  /** The first frame, and the one after the last: a part of what failed is sent again by a later start or an earlier end. */
  readonly from: number;
  readonly to: number;
  /** When no more are sent, even if there are some. */
  readonly limitMs: number;
}

export interface CampaignReport {
  readonly attack: Attack | undefined;
  readonly seconds: number;
  readonly mostMemoryMiB: Readonly<Record<string, number>>;
  readonly good: GoodClientReport | undefined;
  /** How many were stored and read by librdkafka, before and after a recovery. */
  readonly records: number;
  readonly problems: readonly string[];
}

/**
 * Real nodes under fuzzed frames. Then librdkafka reads everything that is stored, all nodes are killed and recover from
 * their logs alone, and everything is read again.
 *
 * `client`: the frames of clients, and of strangers who do not know the secret of the cluster. A good client beside them
 * must not be disturbed. `nodes`: those of members, who may depose each other and delete topics. There, the nodes only have
 * to live, and to work again after their restart.
 */
export async function campaign({ seed, protocol, from, to, limitMs }: CampaignSettings): Promise<CampaignReport> {
  const isOfClients = protocol === 'client';
  await using cluster = await FuzzedCluster.start(!isOfClients);
  const good = new GoodClient(cluster.broker);
  await good.start(ownTopics);
  if (!isOfClients) await good.stop();
  const startedAtMs = performance.now();
  const isFine = (next: number) => {
    cluster.frame = next;
    return cluster.isFine && good.isWell && performance.now() - startedAtMs < limitMs;
  };
  const { secret, ports, problems } = cluster;
  let done: Attack | undefined;
  try {
    done = await attack({ seed, protocol, secret, ports, from, to }, isFine);
  } catch (error) {
    problems.push(`about frame ${cluster.frame}: ${String(error)}`);
  }
  const seconds = Math.round((performance.now() - startedAtMs) / 1000);
  const report = isOfClients ? await good.stop() : undefined;
  problems.push(...(report?.problems ?? []));
  const mostMemoryMiB = cluster.isFine ? cluster.mostMemoryMiB() : {};
  const records = problems.length > 0 ? 0 : await readTwice(cluster, isOfClients);
  return { attack: done, seconds, mostMemoryMiB, good: report, records, problems };
}

/** Of what members may do to each other, only the topic of the good client is out of reach. */
async function readTwice(cluster: FuzzedCluster, all: boolean): Promise<number> {
  try {
    const before = all ? await readBack(cluster.port) : [];
    await cluster.recover();
    if (!all) await cluster.promoteMaster();
    const after = await readBack(cluster.port, all ? undefined : 'good');
    if (all && JSON.stringify(after) !== JSON.stringify(before)) {
      cluster.problems.push(`read ${JSON.stringify(before)}\nand after a recovery ${JSON.stringify(after)}`);
    }
    await produceOnce(cluster.broker);
    return after.reduce((sum, { records }) => sum + records, 0);
  } catch (error) {
    cluster.problems.push(String(error));
    return 0;
  }
}
