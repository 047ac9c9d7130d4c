/** Which keys of a NATS cluster do not go together. */
import { attachedKeys } from '../attached.ts';
import type { TellKey } from '../product.ts';
import type { NatsCluster } from './settings.ts';

/** Keys of servers that the run starts. */
const ownKeys = ['nodes', 'syncInterval', 'home'] as const;
/** What a client of NATS logs in with is `login`. */
const unknownHere = 'sasl';

export function checkNats(cluster: NatsCluster, written: (key: string) => boolean, tell: TellKey): void {
  if (cluster.attach === undefined) {
    for (const key of attachedKeys.filter((key) => key !== unknownHere)) {
      if (written(key))
        tell(key, "goes with 'attach' only: these servers are started for the run; leave it out", 'key');
    }
    return;
  }
  for (const key of ownKeys) {
    if (written(key)) tell(key, "does not go with 'attach': those servers run already; leave it out", 'key');
  }
}
