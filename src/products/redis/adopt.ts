/** Keys of other products' clusters as they are on Redis (`--broker redis`). */
import type { Adopted } from '../product.ts';
import { redisSchema } from './settings.ts';

const fsyncOf: Readonly<Record<string, string>> = { sync: 'always', async: 'everysec' };
/** Streams are on one primary, however many share them elsewhere; and how often the file is synced is Redis's own. */
const without = ['masters', 'nodes', 'flushInterval', 'thoroughFlushInterval'];
/** What Redis does anyway. */
const usual: Readonly<Record<string, string>> = { replication: 'async', failover: 'none' };

export function adopt(given: Readonly<Record<string, unknown>>): Adopted {
  const keys: Record<string, unknown> = {};
  const refused: string[] = [];
  for (const [key, value] of Object.entries(given)) {
    if (without.includes(key) || usual[key] === value) continue;
    if (key === 'slaves') keys.replicas = value;
    else if (key === 'flush' && fsyncOf[String(value)] !== undefined) keys.fsync = fsyncOf[String(value)];
    else if (key in redisSchema.shape) keys[key] = value;
    else refused.push(key);
  }
  return { keys, refused };
}
