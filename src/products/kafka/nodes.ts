/** The nodes of a Kafka that the run starts: `k1` to `kN`, equals, each a broker and a controller of the metadata. */
import { type ControlName, processControls } from '../../cluster/controls.ts';
import type { NodeFace } from '../product.ts';

const controls: readonly ControlName[] = [...processControls, 'wipe', 'link', 'wire'];

export function kafkaNodes(nodes: number): NodeFace[] {
  return Array.from({ length: nodes }, (_, index) => ({ id: `k${index + 1}`, role: 'node', controls }));
}
