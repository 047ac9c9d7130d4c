/** Whether Redis's settings go together. Told by key. */
import { attachedKeys } from '../attached.ts';
import type { TellKey } from '../product.ts';
import type { RedisCluster } from './settings.ts';

/** Keys that say how servers of ours are run. */
const startedKeys = ['replicas', 'fsync', 'home'] as const;
/** Redis logs in by name and password (`login`), which is no SASL. */
const reachKeys = attachedKeys.filter((key) => key !== 'sasl');

/** @param written whether a key was given, rather than left to its default. */
export function checkRedis(cluster: RedisCluster, written: (key: string) => boolean, tell: TellKey): void {
  if (cluster.attach !== undefined) {
    for (const key of startedKeys) {
      if (written(key)) tell(key, 'goes with servers that the run starts; with attach leave it out', 'key');
    }
    return;
  }
  for (const key of reachKeys) {
    if (written(key)) tell(key, 'goes with attach only: servers that the run starts are reached without it', 'key');
  }
  const { wait, replicas } = cluster;
  if (wait > replicas) {
    tell(
      'wait',
      `there are only ${replicas} replicas to wait for; set replicas to ${wait} or more, or wait to ${replicas}`,
    );
  }
}
