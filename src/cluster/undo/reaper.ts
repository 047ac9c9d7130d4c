/** Starts the reaper, looks after it, and says goodbye to it at a clean end. */
import { spawnReaper } from '../process.ts';
import { programPath } from '../program.ts';

export interface Reaper {
  /** The run has undone everything itself: nothing is left for the reaper. */
  goodbye(): Promise<void>;
}

/** One that ends sooner than this is not started again: it would end again. */
const leastLifeMs = 1000;

/** @param tell that the reaper ended (somebody killed it), and whether there is another one. */
export function startReaper(ledger: string, tell: (text: string) => void): Reaper {
  let over = false;
  let bornMs = 0;
  const start = (): ReturnType<typeof spawnReaper> => {
    bornMs = performance.now();
    return spawnReaper(process.execPath, [programPath('cluster/undo/reaper-program'), ledger], (how) => {
      if (over) return;
      const stays = performance.now() - bornMs >= leastLifeMs;
      if (stays) current = start();
      const next = stays ? 'another one was started' : 'if mqchaos is killed now, run mqchaos doctor clean';
      tell(`the reaper, which cleans up when mqchaos is killed, ended (${how}): ${next}`);
    });
  };
  let current = start();
  return {
    goodbye: () => {
      over = true;
      return current.goodbye();
    },
  };
}
