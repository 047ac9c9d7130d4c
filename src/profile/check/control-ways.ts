/** What gives a fault its controls: keys of `cluster.control` for an attached node, its kind for a process of ours. */
import type { z } from 'zod';
import { type ControlName, processControls } from '../../cluster/controls.ts';
import type { nodeControlSchema } from '../../products/attached.ts';

type NodeControl = Omit<z.output<typeof nodeControlSchema>, 'id'>;
type Way = Exclude<keyof NodeControl, 'address'>;

/**
 * One key of each row must be given. A control without rows is out of reach of an attached node. What a container or a
 * pod gives as a whole is below.
 */
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
  disconnect: [['docker', 'compose']],
  connect: [['docker', 'compose']],
  disk: undefined,
  damage: undefined,
  link: undefined,
  wire: undefined,
};

const commands = ['pidFile', 'kill', 'stop', 'start'] as const satisfies readonly Way[];
/** Keys that say where the broker is, each with the keys that go with it. */
const wholes = {
  docker: [],
  compose: ['project', 'file'],
  kubectl: ['namespace', 'context', 'container'],
} as const satisfies Partial<Record<Way, readonly Way[]>>;
type Whole = keyof typeof wholes;
const wholeKeys = Object.keys(wholes) as Whole[];

const containerControls: readonly ControlName[] = [...processControls, 'disconnect', 'connect'];
const wholeControls: Readonly<Record<Whole, readonly ControlName[]>> = {
  docker: containerControls,
  compose: containerControls,
  kubectl: processControls,
};

/** Why the rest cannot be done there. Each completes `power-loss of b1`. */
const lacks: Readonly<Partial<Record<ControlName, string>>> = {
  cutPower:
    'needs a disk that forgets what was not synced: a container that is killed keeps all that the page cache of its ' +
    'host has, so a kill would pass for a power cut',
  disk: "needs a disk that fails on order: the disk of a container is its host's",
  wipe: 'would remove the volumes of a container for good: nothing could bring them back',
  promote: 'is an order to the broker itself, which nothing gives to a container from outside',
  disconnect: 'cannot be done by kubectl, which has no command for it',
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

/** Where an attached node is, if it is in a container or a pod: the key that says so. */
export function wholeOf(node: NodeControl): Whole | undefined {
  return wholeKeys.find((key) => node[key] !== undefined);
}

/** `pidFile or kill`: the first row that a node lacks for these controls, which attached nodes can have. */
export function missingWay(controls: readonly ControlName[], node: NodeControl): string | undefined {
  const whole = wholeOf(node);
  const given = whole === undefined ? [] : wholeControls[whole];
  return waysTo(controls.filter((control) => !given.includes(control)))
    ?.find((row) => row.every((way) => node[way] === undefined))
    ?.join(' or ');
}

/** Why these controls cannot all be had of a node that is in a container or a pod; undefined: they can, or it is in none. */
export function lackOf(controls: readonly ControlName[], node: NodeControl): string | undefined {
  const whole = wholeOf(node);
  if (whole === undefined) return undefined;
  const lacking = controls.find((control) => !wholeControls[whole].includes(control));
  return lacking && (lacks[lacking] ?? `cannot be done by ${whole}`);
}

/** Keys of a node that do not go together, each with what is wrong. */
export function clashes(node: NodeControl): { readonly key: Way; readonly message: string }[] {
  const whole = wholeOf(node);
  const strays = wholeKeys
    .filter((key) => key !== whole)
    .flatMap((key) => wholes[key].filter((part) => node[part] !== undefined).map((part) => ({ part, key })));
  const rivals = [...wholeKeys, ...commands].filter((key) => key !== whole && node[key] !== undefined);
  return [
    ...strays.map(({ part, key }) => ({ key: part, message: `goes with '${key}' only; leave it out` })),
    ...(whole === undefined ? [] : rivals).map((key) => ({
      key,
      message: `'${whole}' says how to do all of it; leave out one of them`,
    })),
  ];
}

/** Whether these controls are all that a fault needs. */
export function suffice(controls: readonly ControlName[], needs: readonly ControlName[]): boolean {
  return needs.every((control) => controls.includes(control));
}
