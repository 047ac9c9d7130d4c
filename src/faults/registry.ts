/** The only list of faults. */
import type { Fault } from './fault.ts';
import { kill } from './kill.ts';
import { pause } from './pause.ts';
import { restart } from './restart.ts';
import { stop } from './stop.ts';

export const faults: readonly Fault[] = [kill, stop, pause, restart];

export function findFault(name: string): Fault | undefined {
  return faults.find((fault) => fault.name === name);
}
