/** Starts the reaper, and says goodbye to it at a clean end. */
import { spawnReaper } from './process.ts';
import { programPath } from './program.ts';

export interface Reaper {
  /** The run has undone everything itself: nothing is left for the reaper. */
  goodbye(): Promise<void>;
}

export function startReaper(ledger: string): Reaper {
  return spawnReaper(process.execPath, [programPath('cluster/reaper-program'), ledger]);
}
