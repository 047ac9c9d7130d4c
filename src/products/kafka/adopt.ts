/**
 * What the cluster of another product's profile is as a Kafka (`--broker kafka`). Masters share the partitions, so they
 * are nodes; slaves are further copies, and a follower of one partition leads another.
 */
import type { Adopted } from '../product.ts';
import { kafkaSchema } from './settings.ts';

type Given = Readonly<Record<string, unknown>>;

/** Of fewer than three controllers none may be away. */
const leastOfSeveral = 3;

export function adoptKafka(given: Given): Adopted {
  const { masters, slaves, flush, replication, failover, inSyncReplicas, defects: _, ...rest } = given;
  const known = (key: string): boolean => key in kafkaSchema.shape;
  const others = Object.entries(rest);
  return {
    keys: {
      ...Object.fromEntries(others.filter(([key]) => known(key))),
      ...sizeOf(masters, slaves),
      ...(flush === 'sync' ? { flush: 'every-message' } : {}),
      ...(replication === 'sync' ? { minInsyncReplicas: 2 } : {}),
      ...(inSyncReplicas === undefined ? {} : { minInsyncReplicas: inSyncReplicas }),
      ...(failover === 'unclean' ? { uncleanElection: true } : {}),
    },
    refused: [...others.map(([key]) => key).filter((key) => !known(key)), ...refused(given)],
  };
}

function sizeOf(masters: unknown, slaves: unknown): Given {
  if (masters === undefined && slaves === undefined) return {};
  const [leaders, copies] = [Number(masters ?? 1), Number(slaves ?? 0) + 1];
  const alone = leaders === 1 && copies === 1;
  return { nodes: alone ? 1 : Math.max(leastOfSeveral, leaders, copies), replicationFactor: copies };
}

/** With copies Kafka always fails over, and it is the producer that chooses whether it waits for them. */
function refused({ slaves = 0, replication, failover, flush, defects }: Given): string[] {
  const hasCopies = Number(slaves) > 0;
  return [
    ...(flush !== undefined && flush !== 'sync' && flush !== 'async' ? ['flush'] : []),
    ...(hasCopies && replication !== 'sync' ? [replication === undefined ? 'slaves' : 'replication'] : []),
    ...(hasCopies && (failover ?? 'none') === 'none' ? [failover === undefined ? 'slaves' : 'failover'] : []),
    ...(Array.isArray(defects) && defects.length > 0 ? ['defects'] : []),
  ];
}
