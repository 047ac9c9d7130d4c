/** What the planned faults can do to each set, a master and its slaves. Any two faults may overlap. */
import type { FaultPlan } from '../../plan/plan.ts';
import { aims, mayHit } from '../../plan/threats.ts';
import { membersOf, nameServer } from './nodes.ts';
import type { BundledPlan } from './settings.ts';

/** One fault on a set: the members that it may hit, and how many of them at most. */
export interface Hit {
  readonly fault: FaultPlan;
  readonly members: readonly string[];
  readonly most: number;
}

/** A master, its slaves, and what the plan does to them. */
export interface SetThreats {
  readonly master: string;
  readonly members: readonly string[];
  readonly hits: readonly Hit[];
  /** Faults on the name server, which decides who leads. */
  readonly onNameServer: readonly FaultPlan[];
  /** Another member than the master may come to lead: by failover, or by the operator. */
  readonly mobile: boolean;
}

export function setThreats(cluster: BundledPlan, faults: readonly FaultPlan[]): SetThreats[] {
  const all = membersOf(cluster);
  return all
    .filter(({ id, set }) => id === set)
    .map(({ name: master, set }) => {
      const members = all.filter((member) => member.set === set).map(({ name }) => name);
      const mobile =
        members.length > 1 &&
        (cluster.failover !== 'none' || faults.some((fault) => fault.do === 'promote' && mayHit(fault, members)));
      const hits = faults.flatMap((fault): Hit[] => {
        const { target } = fault;
        if (target.type === 'workers') return [];
        // which set has a partition is the cluster's choice, so its leader may be anybody that leads
        if (target.type === 'leader') return [{ fault, members: mobile ? members : [master], most: 1 }];
        const named = members.filter((id) => target.nodes.includes(id));
        return named.length === 0 ? [] : [{ fault, members: named, most: named.length }];
      });
      return { master, members, hits, onNameServer: faults.filter((fault) => aims(fault, nameServer)), mobile };
    });
}

/** Slaves that no answer waits for and that cannot come to lead. */
export function idleSlaves(cluster: BundledPlan, acks: 'all' | 'one', faults: readonly FaultPlan[]): string[] {
  if (cluster.replication === 'sync' && acks === 'all') return [];
  return setThreats(cluster, faults).flatMap(({ mobile, members }) => (mobile ? [] : members.slice(1)));
}
