/** Signals that end a run, or a matrix of them. */
import type { Cut } from '../run/run.ts';
import { exitCodeOfRun } from './exit-codes.ts';

/** SIGHUP: the terminal is gone. (Node undoes what `nohup` asks for: it starts with every signal as it is by default.) */
const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const satisfies Cut[];
let atWork = 0;

/** A run is under way: it is to come to its end whoever still reads what is printed. */
export function isAtWork(): boolean {
  return atWork > 0;
}

/** Ctrl-C once: stop, heal, audit what there is. Twice: leave now; the reaper undoes what is left. */
export function interruptions(tell: (text: string) => void): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(exitCodeOfRun(name as Cut, 'inconclusive'));
    tell(`${name}: stopping, healing, auditing what there is; once more to leave now`);
    controller.abort(name as Cut);
  };
  for (const name of signals) process.on(name, onSignal);
  atWork += 1;
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, onSignal);
      atWork -= 1;
    },
  };
}

/** A signal ends the process at once, and in order: while nothing is under way that would have to be undone. */
export function leaving(): Disposable {
  const onSignal = (name: NodeJS.Signals): never => process.exit(exitCodeOfRun(name as Cut, 'inconclusive'));
  for (const name of signals) process.on(name, onSignal);
  return {
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
