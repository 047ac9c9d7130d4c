/** The brokers of a run: ours, started and ended here, or attached ones that are only acted upon. */
import { messageOf } from '../errors.ts';
import type { NodeState } from '../journal/event.ts';
import { isBroker, type NodeControl } from '../products/cluster.ts';
import { throwIfAborted } from '../wait.ts';
import { openAttached } from './attached.ts';
import type { Evidence, Node } from './controls.ts';
import type { Links } from './links/links.ts';
import { LocalNode, type Serves } from './local-node.ts';
import type { NodeSpec } from './node-spec.ts';
import type { Ledger } from './undo/ledger.ts';

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

  /** Asks some nodes of ours; who is not running, or does not answer, is left out. */
  async ask(
    order: Evidence,
    ids: readonly string[],
  ): Promise<readonly { readonly id: string; readonly said: Evidence }[]> {
    const asked = this.#local
      .filter(({ id }) => ids.includes(id))
      .map(async (node) => {
        const said = await node.ask(order).catch(() => undefined);
        return said === undefined ? [] : [{ id: node.id, said }];
      });
    return (await Promise.all(asked)).flat();
  }

  /** Calls back with what nodes of ours say unasked. */
  onNotice(listener: (id: string, text: string) => void): void {
    for (const node of this.#local) node.onNotice = (text) => listener(node.id, text);
  }

  /** Where clients connect first: the brokers that have an address for them. */
  static bootstrapOf(specs: readonly NodeSpec[]): string[] {
    return specs.flatMap(({ role, address }) => (isBroker(role) && address !== undefined ? [address] : []));
  }

  /** @throws ToolError (exit 4) of the first node that cannot be reached in the way that the profile says. */
  static async attach(
    bootstrap: readonly string[],
    controls: readonly NodeControl[],
    { ledger, run, witness }: { readonly ledger: Ledger; readonly run: string; readonly witness: NodeWitness },
  ): Promise<Cluster> {
    const nodes = controls.map((control, index) =>
      openAttached(control, {
        ...{ ledger, run, role: 'master', place: `cluster.control[${index}]` },
        observe: (node, state, detail) => witness(index, node.id, state, detail),
      }),
    );
    return new Cluster(await Promise.all(nodes), bootstrap, []);
  }

  /** Everything that nodes of ours have written is on their disks when it resolves; of those whose disks can lose it. */
  async checkpoint(): Promise<string[]> {
    const done = this.#local.map((node) => ({ id: node.id, synced: node.checkpoint() }));
    const asked = done.filter(({ synced }) => synced !== undefined);
    await Promise.all(asked.map(({ synced }) => synced));
    return asked.map(({ id }) => id);
  }

  /** Ends the nodes that are ours; attached ones are left as they are. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#local.map((node) => node.end()));
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
