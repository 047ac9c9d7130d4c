/** What keys of other products' clusters mean here (`--broker rabbitmq`). */
import type { Adopted } from '../product.ts';
import { rabbitmqSchema } from './settings.ts';

/** A quorum queue is copied before it is acknowledged, synced where it is, and led by a node that has everything. */
const meanQuorum: Readonly<Record<string, string>> = { replication: 'sync', failover: 'in-sync', flush: 'sync' };
/** The fewest of which one may be away. */
const several = 3;

export function adoptKeys(given: Readonly<Record<string, unknown>>): Adopted {
  const { masters = 1, slaves = 0, ...rest } = given;
  const keys: Record<string, unknown> = { nodes: masters === 1 && slaves === 0 ? 1 : several };
  const refused: string[] = [];
  for (const [key, value] of Object.entries(rest)) {
    if (key in rabbitmqSchema.shape) keys[key] = value;
    else if (meanQuorum[key] === value) keys.queue = 'quorum';
    else refused.push(key);
  }
  return { keys, refused };
}
