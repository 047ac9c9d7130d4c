/** What is said of a cluster that was there already: how it is reached, and that nothing else is known of it. */
import type { Durability } from '../plan/clause.ts';
import type { ClusterPlan, NodeControl } from './cluster.ts';

export const unknownStorage: Durability = {
  loses: false,
  because: 'nothing is known of an attached cluster that would allow it',
};

export function describeAttached(name: string, cluster: ClusterPlan): string[] {
  const secured = [
    cluster.tls && 'TLS',
    cluster.sasl && `SASL ${cluster.sasl.mechanism}`,
    cluster.login && `login ${cluster.login.username}`,
  ].filter(Boolean);
  const how = secured.length === 0 ? '' : ` (${secured.join(', ')})`;
  const nodes = (cluster.control ?? []).map((node) => `${node.id} (${node.address}${placeOf(node)})`);
  return [
    `${name}, attached at ${(cluster.attach ?? []).join(', ')}${how}`,
    nodes.length === 0 ? 'no node of it can be acted on' : `faults may act on ${nodes.join(', ')}`,
  ];
}

function placeOf({ docker, compose, kubectl }: NodeControl): string {
  if (docker !== undefined) return `, container ${docker}`;
  if (compose !== undefined) return `, compose service ${compose}`;
  return kubectl === undefined ? '' : `, pod ${kubectl}`;
}
