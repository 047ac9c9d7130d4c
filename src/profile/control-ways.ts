/** What gives a fault its controls: keys of `cluster.control` for an attached node, its kind for a process of ours. */
import type { z } from 'zod';
import { type ControlName, processControls } from '../cluster/controls.ts';
import type { nodeControlSchema } from '../products/attached.ts';

type NodeControl = Omit<z.output<typeof nodeControlSchema>, 'id'>;
type Way = Exclude<keyof NodeControl, 'address'>;

/** One key of each row must be given. A control without rows is out of reach of an attached node. */
const ways: Readonly<Record<ControlName, readonly (readonly Way[])[] | undefined>> = {
  kill: [['pidFile', 'kill'], ['start']],
  killAt: undefined,
  stop: [['pidFile', 'stop'], ['start']],
  start: [['start']],
  pause: [['pidFile']],
  pauseAt: undefined,
  resume: [['pidFile']],
  cutPower: undefined,
  wipe: undefined,
  promote: undefined,
  disk: undefined,
  link: undefined,
  wire: undefined,
};

/** What can be done to a worker of a run, and to a server of its effects. */
export const ownControls: Readonly<Record<'producer' | 'consumer' | 'store', readonly ControlName[]>> = {
  producer: processControls,
  consumer: [...processControls, 'killAt', 'pauseAt'],
  store: processControls,
};

/**
 * The rows of all these controls, without those that another one implies: `pidFile or kill`, `start`; undefined when no
 * key gives them all.
 */
export function waysTo(controls: readonly ControlName[]): (readonly Way[])[] | undefined {
  const rows = controls.map((control) => ways[control]);
  if (rows.includes(undefined)) return undefined;
  const flat = rows.flatMap((row) => row ?? []);
  return flat.filter((row, i) => !flat.some((other, j) => implies(other, row) && (!implies(row, other) || j < i)));
}

function implies(row: readonly Way[], other: readonly Way[]): boolean {
  return row.every((way) => other.includes(way));
}

/** `pidFile or kill`: the first row that a node lacks for these controls, which attached nodes can have. */
export function missingWay(controls: readonly ControlName[], node: NodeControl): string | undefined {
  return waysTo(controls)
    ?.find((row) => row.every((way) => node[way] === undefined))
    ?.join(' or ');
}

/** Whether these controls are all that a fault needs. */
export function suffice(controls: readonly ControlName[], needs: readonly ControlName[]): boolean {
  return needs.every((control) => controls.includes(control));
}
