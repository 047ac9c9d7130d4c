/** Which power cut dropped a message: by the evidence of the cuts, and what the node's log holds on both sides of each. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { FindLoss, LossRequest, PowerCutLoss, RecordedFault } from '../loss.ts';
import { LeftLog, logFile } from './left-log.ts';
import { type Member, membersOf } from './nodes.ts';
import type { BundledPlan } from './settings.ts';

interface Cut {
  readonly fault: string;
  readonly atNs: number;
  readonly droppedBytes: number;
  /** Positions in the log: what was synced ended at the first, what was left at the second. */
  readonly synced: number;
  readonly kept: number;
  readonly regained?: z.infer<typeof regainedShape>;
}

export const findLoss: FindLoss = (request) => {
  const place = placeOf(request);
  if (place === undefined) return undefined;
  const { topicId, members } = place;
  // positions of two leaders do not compare: which of them acknowledged is not recorded
  if (members.length > 1 && mayChangeLeader(request)) return undefined;
  for (const { name, id } of members) {
    for (const cut of cutsOf(name, request)) {
      using log = new LeftLog(join(request.nodes, name));
      const last = (end: number): number | null => log.lastBefore(end, topicId, request.partition);
      const keptTo = last(cut.kept);
      if (keptTo === null || keptTo >= request.position) continue;
      const replicas = replicasOf(
        cut,
        members.filter((each) => each.id !== id),
        last,
      );
      return {
        ...{ fault: cut.fault, node: name, cutAtNs: cut.atNs, droppedBytes: cut.droppedBytes },
        ...{ flushedTo: last(cut.synced), keptTo, ...(replicas === undefined ? {} : { replicas }) },
        files: [join(name, 'commit-log')],
      };
    }
  }
  return undefined;
};

function mayChangeLeader({ cluster, faults }: LossRequest): boolean {
  const promoted = ({ evidence }: RecordedFault): boolean => evidence.some(({ promote }) => promote !== undefined);
  return (cluster as BundledPlan).failover !== 'none' || faults.some(promoted);
}

/** Where the partition is: its topic's id, and the nodes of its set. */
function placeOf({ nodes, cluster, topic, partition }: LossRequest) {
  const members = membersOf(cluster as BundledPlan);
  for (const { name } of members) {
    const file = join(nodes, name, 'routes.json');
    if (!existsSync(file)) continue;
    const routes = routesShape.safeParse(parsed(readFileSync(file, 'utf8')));
    const found = routes.data?.topics.find((each) => each.name === topic);
    const set = found?.sets[partition];
    if (found !== undefined && set !== undefined)
      return { topicId: found.id, members: members.filter((member) => member.set === set) };
  }
  return undefined;
}

/** Cuts of a node's power that took something of its log, after the message was acknowledged. */
function cutsOf(node: string, { faults, ackedNs }: LossRequest): Cut[] {
  return faults.flatMap((fault) => {
    const atNs = fault.injectingNs;
    if (atNs === undefined || (fault.injectedNs ?? atNs) < ackedNs) return [];
    const found = evidenceOf(fault, node, 'cutPower', cutShape);
    const files = (found?.cut ?? []).flatMap(({ file, ...sizes }) => {
      const base = logFile(file);
      return base === undefined || sizes.droppedBytes === 0 ? [] : [{ base, ...sizes }];
    });
    const first = files.sort((a, b) => a.base - b.base)[0];
    if (first === undefined) return [];
    const recovery = evidenceOf(fault, node, 'start', startShape)?.recovery;
    const kept = Math.min(first.base + first.keptBytes, recovery?.cut?.position ?? Number.POSITIVE_INFINITY);
    return [
      {
        ...{ fault: fault.id, atNs, kept, synced: Math.min(kept, first.base + first.syncedBytes) },
        droppedBytes: files.reduce((sum, { droppedBytes }) => sum + droppedBytes, 0),
        ...(recovery?.regained === undefined ? {} : { regained: recovery.regained }),
      },
    ];
  });
}

function replicasOf(
  { regained }: Cut,
  others: readonly Member[],
  last: (end: number) => number | null,
): PowerCutLoss['replicas'] {
  if (others.length === 0) return [];
  if (regained === undefined) return undefined;
  return regained.replicas.map(({ node, end }) => ({
    node: others.find(({ id }) => id === node)?.name ?? `node ${node}`,
    to: last(end),
  }));
}

function evidenceOf<T>({ evidence }: RecordedFault, node: string, control: string, shape: z.ZodType<T>): T | undefined {
  for (const { target, [control]: found } of evidence) {
    const read = target === node ? shape.safeParse(found) : undefined;
    if (read?.success === true) return read.data;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // cut off in the middle of a write: another node has the same routes
  }
}

const routesShape = z.object({
  topics: z.array(z.object({ name: z.string(), id: z.string(), sets: z.array(z.int()) })),
});
const cutShape = z.object({
  cut: z.array(z.object({ file: z.string(), syncedBytes: z.int(), droppedBytes: z.int(), keptBytes: z.int() })),
});
const regainedShape = z.object({
  from: z.int(),
  to: z.int(),
  replicas: z.array(z.object({ node: z.int(), end: z.int() })),
});
const startShape = z.object({
  recovery: z.object({
    cut: z.object({ position: z.int() }).nullish(),
    regained: regainedShape.optional(),
  }),
});
