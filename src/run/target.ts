/** Who a fault acts on, looked up at the moment it fires. */
import type { Controlled, Node } from '../cluster/controls.ts';
import { assertNever } from '../errors.ts';
import type { TargetPlan } from '../plan/plan.ts';
import type { Workload } from './workers/workload.ts';

/** Empty when there is no such node or worker now (a worker that is done, a partition without a leader). */
export async function resolveTarget(
  target: TargetPlan,
  nodes: readonly Node[],
  workload: Workload,
  leaders: () => Promise<readonly { partition: number; address: string }[]>,
): Promise<readonly Controlled[]> {
  switch (target.type) {
    case 'nodes':
      return nodes.filter((node) => target.nodes.includes(node.id));
    case 'workers':
      return target.workers.flatMap((id) => workload.find(id) ?? []).filter((worker) => worker.running);
    case 'leader': {
      const leader = (await leaders()).find(({ partition }) => partition === target.partition);
      // by what it listens at, or by what it advertises: as the product tells who leads
      return nodes.filter(
        ({ address, advertised }) => leader !== undefined && [address, advertised].includes(leader.address),
      );
    }
    default:
      return assertNever(target);
  }
}
