/** The nodes of a cluster: name server `ns`, masters `b1` to `bN`, each with its slaves `b1s1`, `b1s2`; `proxy` where needed. */
import { type ControlName, processControls } from '../../cluster/controls.ts';
import type { ClusterSettings } from '../cluster.ts';
import type { NodeFace } from '../product.ts';
import { volumeOf } from '../volume.ts';
import type { RocketmqCluster, RocketmqPlan } from './settings.ts';

export const nameServer = 'ns';
export const proxy = 'proxy';

type Shape = Pick<RocketmqCluster | RocketmqPlan, 'masters' | 'slaves' | 'controller' | 'client' | 'consumer'> &
  Pick<ClusterSettings, 'volume'>;

/** A broker: its name, its set (RocketMQ's brokerName, the name of its master) and its number there (brokerId). */
export interface Member {
  readonly name: string;
  readonly set: string;
  readonly brokerId: number;
}

/** Masters first, then slaves set by set. */
export function membersOf({ masters, slaves }: Pick<Shape, 'masters' | 'slaves'>): Member[] {
  const sets = Array.from({ length: masters }, (_, index) => `b${index + 1}`);
  const slavesOf = (set: string): Member[] =>
    Array.from({ length: slaves }, (_, index) => ({ name: `${set}s${index + 1}`, set, brokerId: index + 1 }));
  return [...sets.map((set): Member => ({ name: set, set, brokerId: 0 })), ...sets.flatMap(slavesOf)];
}

export function roleOf({ brokerId }: Member): 'master' | 'slave' {
  return brokerId === 0 ? 'master' : 'slave';
}

export function needsProxy({ client, consumer }: Pick<Shape, 'client' | 'consumer'>): boolean {
  return client !== 'remoting' || consumer !== 'pop';
}

const helperControls: readonly ControlName[] = [...processControls, 'link'];
const brokerControls: readonly ControlName[] = [...processControls, 'wipe', 'link'];

/**
 * A master without a controller is given its slave's copy when it starts without one of its own (see `restore` in
 * layout.ts), which each with a volume of its own cannot see.
 */
function comesBackEmpty({ brokerId }: Member, cluster: Shape): boolean {
  const restored = brokerId === 0 && cluster.slaves > 0 && !cluster.controller;
  return !restored || volumeOf(cluster) === undefined;
}

export function rocketmqNodes(cluster: Shape): NodeFace[] {
  return [
    { id: nameServer, role: 'name-server', controls: helperControls },
    ...membersOf(cluster).map((member): NodeFace => {
      const controls = comesBackEmpty(member, cluster) ? brokerControls : helperControls;
      return { id: member.name, role: roleOf(member), controls };
    }),
    ...(needsProxy(cluster) ? [{ id: proxy, role: 'proxy', controls: helperControls } as const] : []),
  ];
}
