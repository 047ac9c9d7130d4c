/** Which keys of a NATS cluster do not go together. */
import { checkAttach } from '../attached.ts';
import type { TellKey } from '../product.ts';
import type { NatsCluster } from './settings.ts';

const attachKeys = { started: ['nodes', 'syncInterval', 'home'], reached: ['control', 'tls', 'login', 'allowRemote'] };

export function checkNats(cluster: NatsCluster, written: (key: string) => boolean, tell: TellKey): void {
  checkAttach(cluster, attachKeys, written, tell);
}
