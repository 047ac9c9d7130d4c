import type { Life, NodeAddress, SetRoute } from './routes.ts';

/*
 * What may happen to a set. Every function gives the set as it is afterwards, the same object if nothing changed. The
 * in-sync nodes and the epoch are what keeps acknowledged entries: the reasons are in docs/broker.md.
 */

/** A node registers; the first of a set brings it into being. */
export function registered(set: SetRoute | undefined, setId: number, node: NodeAddress): SetRoute {
  if (set === undefined) {
    return { id: setId, leader: setId, epoch: 0, life: '', replicas: [node], inSync: [] };
  }
  const known = set.replicas.find(({ id }) => id === node.id);
  if (known?.host === node.host && known.port === node.port) return set;
  const others = set.replicas.filter(({ id }) => id !== node.id);
  return { ...set, replicas: [...others, node].sort((one, other) => one.id - other.id) };
}

/**
 * Another node is to lead. In-sync stays as it is if the new leader is in it: should it die before it leads, these are
 * still the ones that have everything. If it is not, its history counts from here on and nobody else's does.
 */
export function appointed(set: SetRoute, { id, life }: Life): SetRoute {
  const inSync = isInSync(set, { id, life }) ? set.inSync : [{ id, life }];
  return { ...set, leader: id, life, epoch: set.epoch + 1, inSync };
}

/** The named leader has recovered, and synced what it has: it and the slaves that live on are in-sync. */
export function led(set: SetRoute, leader: Life, livesOn: (node: Life) => boolean): SetRoute {
  const others = set.inSync.filter((one) => one.id !== leader.id && livesOn(one));
  const epoch = set.life === leader.life ? set.epoch : set.epoch + 1;
  if (epoch === set.epoch && others.length + 1 === set.inSync.length) return set;
  return { ...set, life: leader.life, epoch, inSync: [leader, ...others] };
}

export function isInSync(set: SetRoute, node: Life): boolean {
  return set.inSync.some(({ id, life }) => id === node.id && life === node.life);
}
