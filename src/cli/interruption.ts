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

/** What ended it before its time. */
type Ending = Cut | 'unread';

/**
 * For what must not be left in the middle, as `process.exit` does: a signal, or that nobody reads stdout any more, ends it by `end`.
 * Another signal ends the process at once.
 */
export function endings(
  end: () => void,
): Disposable & { readonly ending: Ending | undefined; readonly ended: Promise<void> } {
  let ending: Ending | undefined;
  let resolve = (): void => {};
  const ended = new Promise<void>((done) => {
    resolve = done;
  });
  const by = (what: Ending): void => {
    ending ??= what;
    end();
    resolve();
  };
  const onSignal = (name: NodeJS.Signals): void => {
    if (ending !== undefined) process.kill(process.pid, 'SIGKILL');
    by(name as Cut);
  };
  const onUnread = (): void => by('unread');
  for (const name of signals) process.on(name, onSignal);
  process.stdout.on('error', onUnread);
  atWork += 1;
  return {
    ended,
    get ending() {
      return ending;
    },
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, onSignal);
      process.stdout.off('error', onUnread);
      atWork -= 1;
    },
  };
}
