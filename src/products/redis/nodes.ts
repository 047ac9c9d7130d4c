/** The nodes of a Redis that the run starts: the primary `r1` and its replicas `r1s1`, `r1s2` and so on. */
import { type ControlName, processControls } from '../../cluster/controls.ts';
import type { NodeFace } from '../product.ts';

export const primaryId = 'r1';

const primaryControls: readonly ControlName[] = [...processControls, 'wipe', 'link'];

/** `master` and `slave` tell how a node starts: by promotion the roles change. */
export function redisNodes({ replicas }: { readonly replicas: number }): NodeFace[] {
  // a primary can be promoted too: back, after one of its replicas was
  const controls: readonly ControlName[] = replicas === 0 ? primaryControls : [...primaryControls, 'promote'];
  const replicaIds = Array.from({ length: replicas }, (_, index) => `${primaryId}s${index + 1}`);
  return [
    { id: primaryId, role: 'master', controls },
    ...replicaIds.map((id): NodeFace => ({ id, role: 'slave', controls })),
  ];
}
