/** The nodes of a cluster: name server `ns`, masters `b1` to `bN`, each with its slaves `b1s1`, `b1s2`; `proxy` where needed. */
import { type ControlName, processControls } from '../../cluster/controls.ts';
import type { NodeFace } from '../product.ts';
import type { RocketmqCluster, RocketmqPlan } from './settings.ts';

export const nameServer = 'ns';
export const proxy = 'proxy';

type Shape = Pick<RocketmqCluster | RocketmqPlan, 'masters' | 'slaves' | 'client' | 'consumer'>;

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

export function rocketmqNodes(cluster: Shape): NodeFace[] {
  return [
    { id: nameServer, role: 'name-server', controls: helperControls },
    ...membersOf(cluster).map(
      (member): NodeFace => ({ id: member.name, role: roleOf(member), controls: brokerControls }),
    ),
    ...(needsProxy(cluster) ? [{ id: proxy, role: 'proxy', controls: helperControls } as const] : []),
  ];
}
