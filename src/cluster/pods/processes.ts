/**
 * Processes of a container in a pod, signalled from within by a shell. The kernel keeps SIGSTOP of its own namespace from
 * process 1 (pid_namespaces(7)), so what can be stopped is everything but that one and the shell itself.
 */
import { noAbort, pause, poll } from '../../wait.ts';
import type { LedgerEntry } from '../undo/ledger.ts';
import { Kubectl } from './kubectl.ts';

/** Prints a line for each process that is neither the first one nor this shell: `PID STATE`. Builtins of any sh only. */
const list =
  'for d in /proc/[0-9]*; do p=$' +
  '{d#/proc/}; [ $p = 1 ] || [ $p = $$ ] || { read -r l < $d/stat && echo "$p $' +
  '{l##*) }"; } 2>/dev/null; done; true';

const everyMs = 100;
const boundMs = 10_000;
const steadyMs = 3000;

export interface Processes {
  readonly stopped: readonly number[];
  readonly running: readonly number[];
}

/** All but process 1. @throws ToolError (exit 4) where nothing can be executed. */
export async function processesIn(kubectl: Kubectl, pod: string): Promise<Processes> {
  return parsed(await kubectl.sh(pod, list));
}

/** @throws Error when there is none to stop, or some still run. */
export async function stopAll(kubectl: Kubectl, pod: string): Promise<Processes> {
  const found = await signalled(kubectl, pod, 'STOP', ({ running }) => running.length === 0);
  if (found.running.length > 0) throw new Error(`not stopped in the pod ${pod}: ${found.running.join(', ')}`);
  if (found.stopped.length === 0) throw new Error(`there is no process to stop in the pod ${pod}`);
  return found;
}

/** @throws Error when some still stand. */
export async function continueAll(kubectl: Kubectl, pod: string): Promise<Processes> {
  const found = await signalled(kubectl, pod, 'CONT', ({ stopped }) => stopped.length === 0);
  if (found.stopped.length > 0) throw new Error(`still stopped in the pod ${pod}: ${found.stopped.join(', ')}`);
  return found;
}

/** `kill -1` reaches all that the sender may signal but process 1 and itself (kill(2)); it takes hold a moment later. */
async function signalled(
  kubectl: Kubectl,
  pod: string,
  signal: 'STOP' | 'CONT',
  isDone: (found: Processes) => boolean,
): Promise<Processes> {
  let found = parsed(await kubectl.sh(pod, `kill -${signal} -1; ${list}`));
  const look = async (): Promise<true | undefined> => {
    if (isDone(found)) return true;
    found = await processesIn(kubectl, pod);
    return undefined;
  };
  await poll(look, { everyMs, boundMs, signal: noAbort });
  return found;
}

/** Without zombies. */
function parsed(said: string): Processes {
  const all = said.split('\n').flatMap((line) => {
    const [pid = '', state = ''] = line.split(' ');
    return /^\d+$/.test(pid) && !/^[ZX]/.test(state) ? [{ pid: Number(pid), stands: state.startsWith('T') }] : [];
  });
  const pidsOf = (stands: boolean): number[] => all.filter((each) => each.stands === stands).map(({ pid }) => pid);
  return { stopped: pidsOf(true), running: pidsOf(false) };
}

/** Undoes a pause of a run whose tool died. */
export async function continuePod({ node, place, pod }: LedgerEntry & { readonly kind: 'pod' }): Promise<string> {
  const kubectl = new Kubectl(place);
  const [found] = await kubectl.pods(pod);
  if (found === undefined) return `${node}: the pod ${pod} is gone`;
  await continueAll(kubectl, pod);
  await pause(steadyMs, noAbort); // an order that was under way when the tool died
  await continueAll(kubectl, pod);
  return `${node}: the pod ${pod} continued`;
}
