/** The nodes of a bundled cluster: a name server `ns`, the masters `b1` to `bN`, and of each its slaves `b1s1`, `b1s2`. */
import { type ControlName, processControls } from '../../cluster/controls.ts';
import type { NodeFace } from '../product.ts';

/** The name server of the cluster. */
export const nameServer = 'ns';

/** Node ids of a set are this far apart: slave 2 of set 3 is node 35. */
const idStep = 16;

interface Shape {
  readonly masters: number;
  readonly slaves: number;
}

/** A broker of a set: its name in profiles, its number for clients. */
export interface Member {
  readonly name: string;
  readonly id: number;
  readonly set: number;
  readonly role: 'master' | 'slave';
}

/** Masters first, then slaves set by set. */
export function membersOf({ masters, slaves }: Shape): Member[] {
  const sets = Array.from({ length: masters }, (_, index) => index + 1);
  const slavesOf = (set: number): Member[] =>
    Array.from({ length: slaves }, (_, index) => ({
      name: `b${set}s${index + 1}`,
      id: set + idStep * (index + 1),
      set,
      role: 'slave',
    }));
  return [...sets.map((set): Member => ({ name: `b${set}`, id: set, set, role: 'master' })), ...sets.flatMap(slavesOf)];
}

const brokerControls: readonly ControlName[] = [...processControls, 'cutPower', 'wipe', 'disk', 'link', 'wire'];

export function bundledNodes(cluster: Shape): NodeFace[] {
  // nobody can be promoted in a set of one
  const controls = cluster.slaves > 0 ? [...brokerControls, 'promote' as const] : brokerControls;
  return [
    { id: nameServer, role: 'name-server', controls: [...processControls, 'link'] },
    ...membersOf(cluster).map(({ name, role }): NodeFace => ({ id: name, role, controls })),
  ];
}
