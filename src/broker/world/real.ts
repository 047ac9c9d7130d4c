import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { RealDisk } from './real-disk.ts';
import { realNetwork } from './real-network.ts';
import type { World } from './world.ts';

/** The real machine. Of the broker only what is put together here, `power-cut.ts` and `main.ts` touch it. */
export function realWorld(folder: string, log: (line: string) => void, notice = log): World {
  return {
    clock: {
      nowMs: () => performance.now(),
      setTimer(delayMs, callback) {
        const timer = setTimeout(callback, delayMs);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    disk: new RealDisk(folder),
    network: realNetwork(notice),
    random: { bytes: randomBytes, fraction: Math.random },
    log,
    notice,
  };
}
