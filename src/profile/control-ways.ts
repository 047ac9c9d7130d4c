/** What gives a fault its controls: keys of `cluster.control` for an attached node, its kind for a process of ours. */
import type { z } from 'zod';
import type { Controls } from '../cluster/controls.ts';
import type { nodeControlSchema } from './cluster-schema.ts';

type Control = keyof Controls;
type NodeControl = Omit<z.output<typeof nodeControlSchema>, 'id'>;
type Way = Exclude<keyof NodeControl, 'address'>;

/** One key of each row must be given. A control without rows is out of reach: only the bundled broker has it. */
const ways: Readonly<Record<Control, readonly (readonly Way[])[] | undefined>> = {
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
};

const process: readonly Control[] = ['kill', 'stop', 'start', 'pause', 'resume'];

/** What can be done to a process of ours. */
export const ownControls: Readonly<
  Record<'producer' | 'consumer' | 'name server' | 'broker' | 'store', readonly Control[]>
> = {
  producer: process,
  consumer: [...process, 'killAt', 'pauseAt'],
  'name server': process,
  store: process,
  broker: [...process, 'cutPower', 'wipe', 'promote', 'disk'],
};

/**
 * The rows of all these controls, without those that another one implies: `pidFile or kill`, `start`; undefined when no
 * key gives them all.
 */
export function waysTo(controls: readonly Control[]): (readonly Way[])[] | undefined {
  const rows = controls.map((control) => ways[control]);
  if (rows.includes(undefined)) return undefined;
  const flat = rows.flatMap((row) => row ?? []);
  return flat.filter((row, i) => !flat.some((other, j) => implies(other, row) && (!implies(row, other) || j < i)));
}

function implies(row: readonly Way[], other: readonly Way[]): boolean {
  return row.every((way) => other.includes(way));
}

/** `pidFile or kill`: the first row that a node lacks for these controls, which attached nodes can have. */
export function missingWay(controls: readonly Control[], node: NodeControl): string | undefined {
  return waysTo(controls)
    ?.find((row) => row.every((way) => node[way] === undefined))
    ?.join(' or ');
}

/** Whether a process of ours has all these controls. */
export function hasControls(kind: keyof typeof ownControls, controls: readonly Control[]): boolean {
  return controls.every((control) => ownControls[kind].includes(control));
}
