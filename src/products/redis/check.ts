/** Whether Redis's settings go together. Told by key. */
import { counted } from '../../counted.ts';
import { checkAttach } from '../attached.ts';
import type { TellKey } from '../product.ts';
import type { RedisCluster } from './settings.ts';

const attachKeys = { started: ['replicas', 'fsync', 'home'], reached: ['control', 'tls', 'login', 'allowRemote'] };

/** @param written whether a key was given, rather than left to its default. */
export function checkRedis(cluster: RedisCluster, written: (key: string) => boolean, tell: TellKey): void {
  checkAttach(cluster, attachKeys, written, tell);
  if (cluster.attach !== undefined) return;
  const { wait, replicas } = cluster;
  if (wait > replicas) {
    tell(
      'wait',
      `to wait for there is only ${counted(replicas, 'replica')}; set replicas to ${wait} or more, or wait to ${replicas}`,
    );
  }
}
