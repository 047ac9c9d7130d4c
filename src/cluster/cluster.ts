/** The brokers of a run: ours, started and ended here, or attached ones that are only acted upon. */
import { messageOf } from '../errors.ts';
import type { NodeState } from '../journal/event.ts';
import { isBroker, type NodeControl } from '../products/cluster.ts';
import { throwIfAborted } from '../wait.ts';
import { AttachedNode } from './attached-node.ts';
import type { Evidence, Node } from './controls.ts';
import type { Ledger } from './ledger.ts';
import type { Links } from './links.ts';
import { LocalNode, type Serves } from './local-node.ts';
import type { NodeSpec } from './node-spec.ts';

/** Told of every change of a node's state; `failed` is an end that nobody asked for. */
export type NodeWitness = (node: number, id: string, state: NodeState, detail: Evidence) => void;

export class Cluster implements AsyncDisposable {
  readonly nodes: readonly Node[];
  /** Where the brokers are, `host:port` each. */
  readonly bootstrap: readonly string[];
  /** What stands before the nodes; absent: nothing does. */
  readonly links: Links | undefined;
  readonly #local: readonly LocalNode[];

  private constructor(
    nodes: readonly Node[],
    bootstrap: readonly string[],
    local: readonly LocalNode[],
    links?: Links | undefined,
  ) {
    this.nodes = nodes;
    this.bootstrap = bootstrap;
    this.links = links;
    this.#local = local;
  }

  /**
   * Starts nodes of ours, those of a lower order first. Node states go to the witness.
   * @param signal ends the wait for nodes that start: they are ended.
   * @param links ended with the nodes.
   * @throws ToolError (exit 4) of the first node that did not start; the others are ended.
   */
  static async start(
    specs: readonly NodeSpec[],
    run: string,
    witness: NodeWitness,
    signal: AbortSignal,
    serves?: Serves,
    links?: Links,
  ): Promise<Cluster> {
    const numbers = new Map(specs.map((spec, index) => [spec.id, index]));
    const observe = (node: Node, state: NodeState, detail: Evidence): void =>
      witness(numbers.get(node.id) ?? 0, node.id, state, detail);
    const local = specs.map((spec) => new LocalNode(spec, run, observe, serves, links));
    const cluster = new Cluster(local, Cluster.bootstrapOf(specs), local, links);
    try {
      const orders = new Set(specs.map(orderOf).sort((a, b) => a - b));
      for (const order of orders) {
        throwIfAborted(signal);
        const wave = local.filter((_, index) => orderOf(specs[index] as NodeSpec) === order);
        await settleAll(wave.map((node) => node.start(signal)));
      }
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where clients connect first: the brokers that have an address for them. */
  static bootstrapOf(specs: readonly NodeSpec[]): string[] {
    return specs.flatMap(({ role, address }) => (isBroker(role) && address !== undefined ? [address] : []));
  }

  static attach(
    bootstrap: readonly string[],
    controls: readonly NodeControl[],
    ledger: Ledger,
    witness: NodeWitness,
  ): Cluster {
    const nodes = controls.map((control, index) => {
      return new AttachedNode(control, ledger, (node, state, detail) => witness(index, node.id, state, detail));
    });
    return new Cluster(nodes, bootstrap, []);
  }

  /** Ends the nodes that are ours; attached ones are left as they are. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#local.map((node) => node.shutdown()));
    await this.links?.[Symbol.asyncDispose]();
  }
}

function orderOf({ order = 1 }: NodeSpec): number {
  return order;
}

/** Waits for all, then throws the first error: nobody is left starting behind our back. */
async function settleAll(starts: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(starts);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason instanceof Error ? failed.reason : new Error(messageOf(failed.reason));
}
