/** The nodes of a NATS cluster: equal peers, n1 to nN. Which one leads a stream is decided by the cluster. */
import { type ControlName, processControls } from '../../cluster/controls.ts';
import type { NodeFace } from '../product.ts';

const controls: readonly ControlName[] = [...processControls, 'wipe', 'link'];

export function natsNodes({ nodes }: { readonly nodes: number }): NodeFace[] {
  return nodeIds(nodes).map((id) => ({ id, role: 'node', controls }));
}

export function nodeIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `n${index + 1}`);
}

/** Copies of each message: as asked for, or three where there are as many servers. Of attached ones the addresses count. */
export function copiesOf(
  { nodes, attach }: { readonly nodes: number; readonly attach?: readonly string[] },
  replication: number | undefined,
): number {
  return replication ?? ((attach?.length ?? nodes) >= 3 ? 3 : 1);
}
