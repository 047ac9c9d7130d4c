/** What each fault takes of what a node has written. */
import type { ClusterSettings } from '../products/cluster.ts';
import type { FaultPlan } from './plan.ts';

export const taken: Readonly<Record<string, 'nothing' | 'unsynced' | 'all'>> = {
  kill: 'nothing', // what was written is in the page cache, which is the machine's
  'kill-at': 'nothing',
  'kill-paused': 'nothing',
  'pause-at': 'nothing',
  stop: 'nothing',
  pause: 'nothing',
  restart: 'nothing',
  'power-loss': 'unsynced',
  'disk-loss': 'all',
  promote: 'nothing', // what the new leader lacks is given up, but not taken from the node
  'disk-fail': 'nothing', // what could not be written or synced was not acknowledged, or is in the page cache
  'disk-full': 'nothing',
  'disk-read-only': 'nothing',
  'disk-slow': 'nothing',
  'network-disconnect': 'nothing',
  'disk-hang': 'nothing',
  'disk-corrupt': 'all', // which places, and what a broker makes of them, nobody knows
  // a link holds bytes that no node has yet: what was written is where it was
  partition: 'nothing',
  'one-way-partition': 'nothing',
  latency: 'nothing',
  bandwidth: 'nothing',
  reset: 'nothing',
  'half-open': 'nothing',
  'slow-close': 'nothing',
  'cut-after': 'nothing',
  'lost-answer': 'nothing', // what a link does to requests and answers takes nothing of what was written
  'delayed-answer': 'nothing',
  'error-answer': 'nothing',
  'moved-leader': 'nothing',
  'doubled-records': 'nothing',
  'corrupted-records': 'nothing',
  'swapped-records': 'nothing',
};

/**
 * What a fault takes in this cluster; one that is not known takes all. Without a checkpoint what was made before the first
 * message, the queue itself, may go with the power, and with it all that is in it.
 */
export function takenBy(
  { do: name }: Pick<FaultPlan, 'do'>,
  { volume }: ClusterSettings,
): 'nothing' | 'unsynced' | 'all' {
  const what = taken[name] ?? 'all';
  const fresh = volume !== undefined && volume.kind !== 'none' && !volume.checkpoint;
  return what === 'unsynced' && fresh ? 'all' : what;
}
