/**
 * Processes of a container in a pod, signalled from within by a shell. The kernel keeps SIGSTOP of its own namespace from
 * process 1 (pid_namespaces(7)), so what can be stopped is everything but that one and the shell itself.
 */
import type { LedgerEntry } from '../ledger.ts';
import { Kubectl } from './kubectl.ts';

/** Prints a line for each process that is neither the first one nor this shell: `PID STATE`. Builtins of any sh only. */
const list =
  'for d in /proc/[0-9]*; do p=$' +
  '{d#/proc/}; [ $p = 1 ] || [ $p = $$ ] || { read -r l < $d/stat && echo "$p $' +
  '{l##*) }"; } 2>/dev/null; done; true';

/** `kill -1` reaches all that the sender may signal but process 1 and itself (kill(2)). */
export const stopAll = `kill -STOP -1; ${list}`;
export const continueAll = `kill -CONT -1; ${list}`;
export const listAll = list;

export interface Processes {
  readonly stopped: readonly number[];
  readonly others: readonly number[];
}

/** What such a script has printed; zombies are left out. */
export function processesIn(said: string): Processes {
  const all = said.split('\n').flatMap((line) => {
    const [pid = '', state = ''] = line.split(' ');
    return /^\d+$/.test(pid) && !/^[ZX]/.test(state) ? [{ pid: Number(pid), state }] : [];
  });
  return {
    stopped: all.filter(({ state }) => state.startsWith('T')).map(({ pid }) => pid),
    others: all.filter(({ state }) => !state.startsWith('T')).map(({ pid }) => pid),
  };
}

/** Undoes a pause of a run whose tool died. */
export async function continuePod({ node, place, pod }: LedgerEntry & { readonly kind: 'pod' }): Promise<string> {
  const kubectl = new Kubectl(place);
  const [found] = await kubectl.pods(pod);
  if (found === undefined) return `${node}: the pod ${pod} is gone`;
  const { stopped } = processesIn(await kubectl.sh(pod, continueAll));
  if (stopped.length > 0) throw new Error(`${node}: still stopped in the pod ${pod}: ${stopped.join(', ')}`);
  return `${node}: the pod ${pod} continued`;
}
