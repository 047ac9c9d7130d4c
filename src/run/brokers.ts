/** The brokers of a run: started as the driver lays them out, or attached as the profile says. */
import { Cluster, type NodeWitness } from '../cluster/cluster.ts';
import type { Ledger } from '../cluster/ledger.ts';
import { freePorts } from '../cluster/ports.ts';
import { nodeCount } from '../profile/names.ts';
import type { RunContext } from './context.ts';

/** @throws ToolError (exit 4) of the first node that did not start; the others are ended. */
export async function openCluster(context: RunContext, ledger: Ledger, witness: NodeWitness): Promise<Cluster> {
  const { plan, folder, driver } = context;
  const { cluster } = plan;
  if (cluster.broker !== 'bundled') return Cluster.attach(cluster.attach, cluster.control, ledger, witness);
  if (driver.layout === undefined) throw new Error(`driver ${driver.name} cannot start brokers`);
  const ports = await freePorts(nodeCount(cluster));
  const port = (): number => {
    const next = ports.pop();
    if (next === undefined) throw new Error(`driver ${driver.name} asks for more ports than it has nodes`);
    return next;
  };
  const specs = driver.layout({ settings: cluster, folder: folder.nodes, port });
  return Cluster.start(specs, folder.path, witness);
}
