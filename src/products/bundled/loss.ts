/** Which power cut dropped a message: by the evidence of the cuts, and what the node's log holds on both sides of each. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FindLoss, LossRequest, PowerCutLoss, RecordedFault } from '../left.ts';
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
  /** What the replicas told the node when it came back; absent: that is not recorded. */
  readonly replicas?: readonly { readonly node: number; readonly end: number }[];
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
    const found = listOf(parsed(readFileSync(file, 'utf8')).topics).find((each) => each.name === topic);
    const set: unknown = Array.isArray(found?.sets) ? found.sets[partition] : undefined;
    if (typeof found?.id !== 'string' || set === undefined) continue;
    return { topicId: found.id, members: members.filter((member) => member.set === set) };
  }
  return undefined;
}

/** Cuts of a node's power that took something of its log, after the message was acknowledged. */
function cutsOf(node: string, { faults, ackedNs }: LossRequest): Cut[] {
  return faults.flatMap((fault) => {
    const atNs = fault.injectingNs;
    if (atNs === undefined || (fault.injectedNs ?? atNs) < ackedNs) return [];
    const files = listOf(evidenceOf(fault, node, 'cutPower').cut).flatMap((each) => {
      const [syncedBytes, keptBytes, droppedBytes] = [each.syncedBytes, each.keptBytes, each.droppedBytes].map(Number);
      const base = logFile(String(each.file));
      if (base === undefined || syncedBytes === undefined || keptBytes === undefined) return [];
      return droppedBytes === undefined || !(droppedBytes > 0) ? [] : [{ base, syncedBytes, keptBytes, droppedBytes }];
    });
    const first = files.sort((a, b) => a.base - b.base)[0];
    if (first === undefined) return [];
    const recovery = mapOf(evidenceOf(fault, node, 'start').recovery);
    const cutTo = mapOf(recovery.cut).position;
    const kept = Math.min(first.base + first.keptBytes, typeof cutTo === 'number' ? cutTo : Number.POSITIVE_INFINITY);
    const { replicas } = mapOf(recovery.regained);
    return [
      {
        ...{ fault: fault.id, atNs, kept, synced: Math.min(kept, first.base + first.syncedBytes) },
        droppedBytes: files.reduce((sum, { droppedBytes }) => sum + droppedBytes, 0),
        ...(replicas === undefined ? {} : { replicas: listOf(replicas).map(endOf) }),
      },
    ];
  });
}

function endOf({ node, end }: Json): { node: number; end: number } {
  return { node: Number(node), end: Number(end) };
}

function replicasOf(
  { replicas }: Cut,
  others: readonly Member[],
  last: (end: number) => number | null,
): PowerCutLoss['replicas'] {
  if (others.length === 0) return [];
  return replicas?.map(({ node, end }) => ({
    node: others.find(({ id }) => id === node)?.name ?? `node ${node}`,
    to: last(end),
  }));
}

/** What a control of a node left as evidence; empty: nothing. */
function evidenceOf({ evidence }: RecordedFault, node: string, control: string): Json {
  return mapOf(evidence.find(({ target, [control]: found }) => target === node && found !== undefined)?.[control]);
}

type Json = Readonly<Record<string, unknown>>;

/** Evidence is told by several programs: what is not as it should be says nothing. */
function mapOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(mapOf) : [];
}

/** A file that was cut off in the middle of a write says nothing: another node has the same routes. */
function parsed(text: string): Json {
  try {
    return mapOf(JSON.parse(text));
  } catch {
    return {};
  }
}
