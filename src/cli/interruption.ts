/** Signals that end a run, or a matrix of them. */
import type { Cut } from '../run/run.ts';
import { exitCodeOfRun } from './exit-codes.ts';

/** Ctrl-C once: stop, heal, audit what there is. Twice: leave now; the reaper undoes what is left. */
export function interruptions(tell: (text: string) => void): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(exitCodeOfRun(name as Cut, 'inconclusive'));
    tell(`${name}: stopping, healing, auditing what there is; once more to leave now`);
    controller.abort(name as Cut);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
