/** What acting on an attached node takes: the keys of `cluster.control` that give each control. */
import type { z } from 'zod';
import type { Controls } from '../cluster/controls.ts';
import type { nodeControlSchema } from './cluster-schema.ts';

type Control = keyof Controls;
type NodeControl = z.output<typeof nodeControlSchema>;
type Way = Exclude<keyof NodeControl, 'id' | 'address'>;

/** One key of each row must be given. */
const ways: Readonly<Record<Control, readonly (readonly Way[])[]>> = {
  kill: [['pidFile', 'kill'], ['start']],
  stop: [['pidFile', 'stop'], ['start']],
  start: [['start']],
  pause: [['pidFile']],
  resume: [['pidFile']],
};

/** The rows of all these controls, each once: `pidFile or kill`, `start`. */
export function waysTo(controls: readonly Control[]): (readonly Way[])[] {
  const rows = controls.flatMap((control) => ways[control]);
  return rows.filter((row, i) => rows.findIndex((other) => other.join() === row.join()) === i);
}

/** `pidFile or kill`: the first row that a node lacks for these controls. */
export function missingWay(controls: readonly Control[], node: NodeControl): string | undefined {
  return waysTo(controls)
    .find((row) => row.every((way) => node[way] === undefined))
    ?.join(' or ');
}
