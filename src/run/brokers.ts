/** The brokers of a run: started as the product lays them out, or attached as the profile says. */
import { Cluster, type NodeWitness } from '../cluster/cluster.ts';
import type { Node } from '../cluster/controls.ts';
import type { Ledger } from '../cluster/ledger.ts';
import type { Disk, NodeSpec } from '../cluster/node-spec.ts';
import { freePorts } from '../cluster/ports.ts';
import { findPrograms } from '../cluster/programs.ts';
import { exitCodes, ToolError } from '../errors.ts';
import { findFault } from '../faults/registry.ts';
import type { FaultPlan } from '../plan/plan.ts';
import { type ClusterPlan, isBroker, type NodeAddress } from '../products/cluster.ts';
import type { Product } from '../products/product.ts';
import { volumeOf } from '../products/volume.ts';
import type { RunContext } from './context.ts';

/**
 * @param signal ends the wait for nodes that start.
 * @throws ToolError (exit 4) of a program that is missing, or of the first node that did not start; the others are ended.
 */
export async function openCluster(
  context: RunContext,
  ledger: Ledger,
  witness: NodeWitness,
  signal: AbortSignal,
): Promise<Cluster> {
  const { plan, folder, product, driver } = context;
  const { cluster } = plan;
  if (cluster.attach !== undefined) {
    const parts = { ledger, run: folder.path, witness };
    const attached = await Cluster.attach(cluster.attach, cluster.control ?? [], parts);
    for (const fault of plan.faults) checkAble(fault, attached.nodes);
    return attached;
  }
  const specs = await layOut(product, cluster, folder.nodes);
  const access = context.access({ bootstrap: Cluster.bootstrapOf(specs), nodes: specs.map(addressOf) });
  return Cluster.start(specs, folder.path, witness, signal, async (spec) => driver.serves?.(spec, access));
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
export function addressOf({ id, role, address, addresses, folder }: NodeAddress): NodeAddress {
  return {
    ...{ id, role },
    ...(address === undefined ? {} : { address }),
    ...(addresses === undefined ? {} : { addresses }),
    ...(folder === undefined ? {} : { folder }),
  };
}

/** The specs of all nodes, with ports that are free now. */
export async function layOut(
  product: Product,
  cluster: ClusterPlan,
  folder: string,
  given: readonly number[] = [],
): Promise<readonly NodeSpec[]> {
  if (product.layout === undefined) throw new Error(`${product.name} can only be attached to`);
  const programs = await findPrograms(product.programs?.(cluster) ?? []);
  const ports = given.length > 0 ? given : await freePorts(portsOf(product, cluster, folder, programs));
  const disk = volumeOf(cluster);
  const specs = product.layout({ cluster, folder, programs, port: handOut(ports) });
  return disk === undefined ? specs : specs.map((spec) => onDisk(spec, disk));
}

/** What holds messages keeps them on a disk of its own: a power cut of one is not one of all. */
function onDisk(spec: NodeSpec, disk: Disk): NodeSpec {
  return spec.volume === undefined || !isBroker(spec.role) ? spec : { ...spec, volume: { ...spec.volume, disk } };
}

/** How many ports a layout asks for. A layout is pure, so it may be asked to find out. */
function portsOf(
  product: Product,
  cluster: ClusterPlan,
  folder: string,
  programs: Readonly<Record<string, string>>,
): number {
  let asked = 0;
  product.layout?.({ cluster, folder, programs, port: () => ++asked });
  return asked;
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
