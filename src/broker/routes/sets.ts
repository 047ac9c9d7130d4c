import type { Endpoint, Life, NodeAddress, SetRoute } from './routes.ts';

/*
 * The changes that a set can undergo. Every function returns the set as it is afterwards, and the same object if nothing
 * has changed. That no acknowledged entry is lost depends on the in-sync nodes and the leader epoch: see docs/broker.md.
 */

/** A node registers. The first node to register for a set creates it. */
export function registered(set: SetRoute | undefined, setId: number, node: NodeAddress): SetRoute {
  if (set === undefined) {
    return { id: setId, leader: setId, epoch: 0, life: '', replicas: [node], inSync: [] };
  }
  const known = set.replicas.find(({ id }) => id === node.id);
  if (known !== undefined && isSame(known, node) && isSame(known.clients, node.clients)) return set;
  const others = set.replicas.filter(({ id }) => id !== node.id);
  return { ...set, replicas: [...others, node].sort((one, other) => one.id - other.id) };
}

function isSame(one: Endpoint | undefined, other: Endpoint | undefined): boolean {
  return one?.host === other?.host && one?.port === other?.port;
}

/**
 * Another node is appointed leader. If it is in-sync, the in-sync nodes stay the same: should the new leader die before it
 * serves, they still have every acknowledged entry. If it is not, it becomes the only in-sync node, because from now on
 * only its log counts.
 */
export function appointed(set: SetRoute, { id, life }: Life): SetRoute {
  const inSync = isInSync(set, { id, life }) ? set.inSync : [{ id, life }];
  return { ...set, leader: id, life, epoch: set.epoch + 1, inSync };
}

/** The appointed leader has recovered and synced its log: it is in-sync, and so are the in-sync slaves that live on. */
export function led(set: SetRoute, leader: Life, livesOn: (node: Life) => boolean): SetRoute {
  const others = set.inSync.filter((one) => one.id !== leader.id && livesOn(one));
  const epoch = set.life === leader.life ? set.epoch : set.epoch + 1;
  if (epoch === set.epoch && others.length + 1 === set.inSync.length) return set;
  return { ...set, life: leader.life, epoch, inSync: [leader, ...others] };
}

export function isInSync(set: SetRoute, node: Life): boolean {
  return set.inSync.some(({ id, life }) => id === node.id && life === node.life);
}
