/** Nodes that are not ours, each by the way that the profile gives. */
import { ToolError } from '../errors.ts';
import type { NodeState } from '../journal/event.ts';
import type { NodeControl, Role } from '../products/cluster.ts';
import { AttachedNode } from './attached-node.ts';
import { ContainerNode } from './containers/container-node.ts';
import type { Evidence, Node } from './controls.ts';
import { PodNode } from './pods/pod-node.ts';
import type { Ledger } from './undo/ledger.ts';

export type AttachedObserver = (node: Node, state: NodeState, detail: Evidence) => void;

export interface AttachedParts {
  readonly ledger: Ledger;
  readonly observe: AttachedObserver;
  readonly role: Role;
  /** The run's mark. */
  readonly run: string;
  /** Where the profile says it: `cluster.control[0]`. */
  readonly place: string;
}

/** @throws ToolError (exit 4) when a container or a pod is not there, or cannot be reached. */
export async function openAttached(control: NodeControl, parts: AttachedParts): Promise<Node> {
  const key = (['docker', 'compose', 'kubectl'] as const).find((each) => control[each] !== undefined);
  if (key === undefined) return new AttachedNode(control, parts.ledger, parts.observe, parts.role);
  try {
    return await (key === 'kubectl' ? PodNode.open(control, parts) : ContainerNode.open(control, parts));
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const { code, hint, exitCode } = error;
    throw new ToolError(`${parts.place}.${key}: ${error.message}`, { code, hint, exitCode, cause: error });
  }
}
