/** Whether a plan can be carried out on this machine where others of the same broker can. */
import { findPrograms } from '../cluster/programs.ts';
import { requireVolume } from '../cluster/volumes/volume-probe.ts';
import { messageOf, ToolError } from '../errors.ts';
import type { ClusterPlan } from '../products/cluster.ts';
import { productOf, usualCluster } from '../products/registry.ts';

/**
 * What its cluster needs beyond what the broker's usual one needs, and this machine does not have: a kind of disk, or a newer
 * server. Undefined: nothing is missing, or the broker itself.
 */
export async function missingBeyondUsual(cluster: ClusterPlan): Promise<string | undefined> {
  if (cluster.attach !== undefined) return undefined;
  const volume = await reasonOf(requireVolume(cluster));
  if (volume !== undefined) return volume;
  const product = productOf(cluster.broker);
  const [needs = [], usual = []] = [cluster, usualCluster(product)].map((each) => product.programs?.(each));
  if (JSON.stringify(needs) === JSON.stringify(usual)) return undefined;
  return (await reasonOf(findPrograms(usual))) === undefined ? reasonOf(findPrograms(needs)) : undefined;
}

/** @throws what is no refusal of a machine. */
async function reasonOf(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return error.hint === undefined ? messageOf(error) : `${messageOf(error)}: ${error.hint}`;
  }
}
