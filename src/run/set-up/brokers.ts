/**
 * The brokers of a run: started as the product lays them out, behind links where a fault is to bend connections, or attached
 * as the profile says.
 */
import { join } from 'node:path';
import { Cluster, type NodeWitness } from '../../cluster/cluster.ts';
import type { Node } from '../../cluster/controls.ts';
import type { LinkNames } from '../../cluster/links/link-rules.ts';
import { Links } from '../../cluster/links/links.ts';
import type { Disk, NodeSpec } from '../../cluster/node-spec.ts';
import { freePorts } from '../../cluster/ports.ts';
import { findPrograms } from '../../cluster/programs.ts';
import type { Ledger } from '../../cluster/undo/ledger.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import { findFault } from '../../faults/registry.ts';
import type { FaultPlan } from '../../plan/plan.ts';
import { type ClusterPlan, isBroker, type NodeAddress } from '../../products/cluster.ts';
import { type Advertise, type ClientEntry, type Product, unlinked } from '../../products/product.ts';
import { volumeOf } from '../../products/volume.ts';
import { needsLinks, readsRequests } from '../../profile/links.ts';
import { consumerNames, producerNames } from '../../profile/names.ts';
import type { Reached, RunContext } from '../context.ts';

/**
 * @param signal ends the wait for nodes that start.
 * @param broke told when the links before the nodes have ended by themselves.
 * @throws ToolError (exit 4) of a program that is missing, or of the first node that did not start; the others are ended.
 */
export async function openCluster(
  context: RunContext,
  ledger: Ledger,
  witness: NodeWitness,
  signal: AbortSignal,
  broke: (text: string) => void,
): Promise<Cluster> {
  const { plan, folder, product, driver } = context;
  const { cluster } = plan;
  if (cluster.attach !== undefined) {
    const parts = { ledger, run: folder.path, witness };
    const attached = await Cluster.attach(cluster.attach, cluster.control ?? [], parts);
    for (const fault of plan.faults) checkAble(fault, attached.nodes);
    return attached;
  }
  const specs = await layOut(product, cluster, folder.nodes, { linked: plan.faults.some(needsLinks) });
  const access = context.access({ bootstrap: Cluster.bootstrapOf(specs), nodes: specs.map(addressOf) });
  const { producers, consumers } = plan;
  const links = await openLinks({
    ...{ specs, folder, broke },
    protocol: plan.faults.some(readsRequests) ? product.wire?.protocol : undefined,
    producers: producerNames(producers.count),
    consumers: consumerNames(consumers.count, consumers.groups),
  });
  return Cluster.start(specs, folder.path, witness, signal, async (spec) => driver.serves?.(spec, access), links);
}

interface LinksWanted extends Pick<LinkNames, 'producers' | 'consumers'> {
  readonly specs: readonly NodeSpec[];
  readonly folder: { readonly path: string; readonly nodes: string };
  /** Read by the links before brokers. */
  readonly protocol?: string | undefined;
  readonly broke: (text: string) => void;
}

/** Undefined: nothing stands before any node. */
export async function openLinks({
  specs,
  folder,
  broke,
  protocol,
  ...workers
}: LinksWanted): Promise<Links | undefined> {
  const links = specs.flatMap(({ id, role, links: own = [] }) =>
    own.map((link) => ({
      ...link,
      node: id,
      // what is not for clients need not speak it
      ...(protocol === undefined || link.name !== id || !isBroker(role) ? {} : { protocol }),
    })),
  );
  if (links.length === 0) return undefined;
  const names = { nodes: specs.map(({ id }) => id), ...workers };
  return Links.start({ links, names, folder: join(folder.nodes, 'links'), run: folder.path, broke });
}

/** For our own questions, past any link: `advertised` says what the brokers call the addresses. */
export function reachedBy({ bootstrap, nodes }: Cluster): Reached {
  return { bootstrap, nodes: nodes.map(addressOf) };
}

/** For workers: as the brokers tell their clients. */
export function reachedByClients({ bootstrap, nodes }: Cluster): Reached {
  const told = new Map(nodes.map(({ address, advertised = address }) => [address, advertised]));
  return {
    bootstrap: bootstrap.map((address) => told.get(address) ?? address),
    nodes: nodes.map(addressOf).map(({ advertised: address, ...node }) => {
      return address === undefined ? node : { ...node, address };
    }),
  };
}

/**
 * What a container turned out to lack is told before anything is sent.
 * @throws ToolError (exit 4)
 */
export function checkAble({ id, do: name, target }: FaultPlan, nodes: readonly Node[]): void {
  const needs = findFault(name)?.needs ?? [];
  for (const node of nodes) {
    const aimed = target.type === 'leader' || (target.type === 'nodes' && target.nodes.includes(node.id));
    const lacking = aimed ? needs.find((control) => node.unable?.[control] !== undefined) : undefined;
    if (lacking === undefined) continue;
    throw new ToolError(`${name} of ${node.id} (${id}) ${node.unable?.[lacking]}`, {
      code: 'fault-impossible',
      hint: 'aim the fault at another node, or take it out of the profile',
      exitCode: exitCodes.setup,
    });
  }
}

/** Without what a fault may do to it: this goes to workers. */
export function addressOf({ id, role, address, advertised, addresses, folder }: NodeAddress): NodeAddress {
  return {
    ...{ id, role },
    ...(address === undefined ? {} : { address }),
    ...(advertised === undefined ? {} : { advertised }),
    ...(addresses === undefined ? {} : { addresses }),
    ...(folder === undefined ? {} : { folder }),
  };
}

/**
 * The specs of all nodes, with ports that are free now.
 * @param how `given`: ports of the nodes, in the order of the layout. `linked`: with links before the nodes. `clients`: where
 * clients reach them, and what they must bring.
 */
export async function layOut(
  product: Product,
  cluster: ClusterPlan,
  folder: string,
  how: { readonly given?: readonly number[]; readonly linked?: boolean; readonly clients?: ClientEntry } = {},
): Promise<readonly NodeSpec[]> {
  const { given = [], linked = false, clients } = how;
  const { layout } = product;
  if (layout === undefined) throw new Error(`${product.name} can only be attached to`);
  const programs = await findPrograms(product.programs?.(cluster) ?? []);
  const laidOut = (port: () => number, linkPort: () => number): readonly NodeSpec[] => {
    const before = new LinkPlaces(linkPort);
    const advertise = linked ? before.advertise : unlinked;
    const specs = layout({ cluster, folder, programs, port, advertise, ...(clients === undefined ? {} : { clients }) });
    return linked ? specs.map((spec) => before.placed(spec)) : specs;
  };
  // a layout is pure, so it may be asked how many ports it wants
  const asked = { nodes: 0, links: 0 };
  laidOut(
    () => ++asked.nodes,
    () => ++asked.links,
  );
  const nodes = given.length > 0 ? given.length : asked.nodes;
  const free = await freePorts(nodes - given.length + asked.links);
  const ports = [...given, ...free];
  const specs = laidOut(handOut(ports.slice(0, nodes)), handOut(ports.slice(nodes)));
  const disk = volumeOf(cluster);
  return disk === undefined ? specs : specs.map((spec) => onDisk(spec, disk));
}

/** What holds messages keeps them on a disk of its own: a power cut of one is not one of all. */
function onDisk(spec: NodeSpec, disk: Disk): NodeSpec {
  return spec.volume === undefined || !isBroker(spec.role) ? spec : { ...spec, volume: { ...spec.volume, disk } };
}

/** Where links stand in a layout: one before each address that it advertises. */
class LinkPlaces {
  readonly #port: () => number;
  readonly #links = new Map<string, NonNullable<NodeSpec['links']>>();

  constructor(port: () => number) {
    this.#port = port;
  }

  readonly advertise: Advertise = (node, target, { part, host } = {}) => {
    const colon = target.lastIndexOf(':');
    const listen = host === undefined ? `${target.slice(0, colon)}:${this.#port()}` : `${host}${target.slice(colon)}`;
    const name = part === undefined ? node : `${node}/${part}`;
    this.#links.set(node, [...(this.#links.get(node) ?? []), { name, listen, target }]);
    return listen;
  };

  placed(spec: NodeSpec): NodeSpec {
    const links = this.#links.get(spec.id);
    return links === undefined ? spec : { ...spec, links };
  }
}

function handOut(ports: readonly number[]): () => number {
  let next = 0;
  return () => {
    const port = ports[next];
    if (port === undefined) throw new Error(`a layout asks for more than its ${ports.length} ports`);
    next += 1;
    return port;
  };
}
