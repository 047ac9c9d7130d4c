/** The nodes of a RabbitMQ cluster of ours: the port mapper `epmd`, and the brokers `rabbit1` to `rabbitN`. */
import { type ControlName, processControls } from '../../cluster/controls.ts';
import type { NodeFace } from '../product.ts';
import { usualQueue } from './settings.ts';

/** Erlang's port mapper: brokers and operators' commands find each other by it. */
export const portMapper = 'epmd';

interface Shape {
  readonly nodes?: number;
  readonly queue?: 'classic' | 'quorum';
}

export function brokerNames(nodes = 1): string[] {
  return Array.from({ length: nodes }, (_, index) => `rabbit${index + 1}`);
}

/** What Erlang calls the node. Unique within its port mapper only, and each cluster has its own. */
export function erlangName(id: string): string {
  return `${id}@localhost`;
}

export function rabbitmqNodes({ nodes = 1, queue }: Shape): NodeFace[] {
  const kind = queue ?? usualQueue({ nodes });
  const controls: readonly ControlName[] = [
    ...processControls,
    ...(losesDisks(nodes, kind) ? (['wipe'] as const) : []),
    'link',
    'wire',
  ];
  return [
    { id: portMapper, role: 'support', controls: processControls },
    ...brokerNames(nodes).map((id): NodeFace => ({ id, role: 'node', controls })),
  ];
}

/**
 * Of two nodes both are the majority of a quorum queue: the one that is left cannot even agree to forget the other, so
 * that nobody can bring the queue back.
 */
function losesDisks(nodes: number, queue: 'classic' | 'quorum'): boolean {
  return queue === 'classic' || nodes !== 2;
}
