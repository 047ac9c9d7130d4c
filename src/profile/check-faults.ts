import { findFault } from '../faults/registry.ts';
import type { Draft, Tell } from './check.ts';
import { missingWay } from './control-ways.ts';
import { mostRepetitions } from './fault-schema.ts';
import { laterWord } from './later.ts';
import type { Profile } from './schema.ts';
import { didYouMean } from './suggest.ts';
import { namesIn, type SetUp, targetChoice, targetWords } from './targets.ts';
import { spell } from './units.ts';

type Fault = Profile['faults'][number];

export function checkFaults(draft: Draft, tell: Tell): void {
  const { cluster, topic, producers, consumers } = draft;
  const setUp = cluster && topic && producers && consumers && { cluster, topic, producers, consumers };
  for (const [i, fault] of draft.faults.entries()) {
    if (fault === undefined) continue;
    checkDuration(fault, i, tell);
    checkWhen(fault, i, draft, tell);
    if (setUp !== undefined) checkTarget(fault, i, setUp, tell);
  }
  if (consumers?.start.type === 'after faults' && draft.faults.length === 0) {
    tell(['consumers', 'start'], "'after faults' needs faults; there are none");
  }
}

function checkDuration(fault: Fault, i: number, tell: Tell): void {
  const healsItself = findFault(fault.do)?.heal === undefined;
  if (healsItself && fault.for !== undefined) {
    tell(['faults', i, 'for'], `${fault.do} heals itself, so it takes no 'for'`, 'key');
  }
  if (fault.when.type !== 'every' || healsItself) return;
  if (fault.for === undefined) {
    tell(['faults', i], "'every' needs 'for': a fault must be healed before it comes again");
  } else if (fault.for >= fault.when.fromMs) {
    const shortest = spell(fault.when.fromMs);
    tell(
      ['faults', i, 'for'],
      `must be shorter than the shortest interval of 'every' (${shortest}), or it meets itself`,
    );
  }
}

function checkWhen(fault: Fault, i: number, { producers, limit }: Draft, tell: Tell): void {
  const { when } = fault;
  if (when.type === 'acked' && producers !== undefined) {
    if (producers.send === 'oneway') tell(['faults', i, 'after'], "not with 'send: oneway': nothing is acknowledged");
    else if (when.messages > producers.messages) {
      tell(['faults', i, 'after'], `never comes: only ${producers.messages} messages are sent`);
    }
  }
  if (limit === undefined) return;
  if (when.type === 'time' && when.afterMs >= limit) {
    tell(['faults', i, 'at'], `never comes: the limit of the run is ${spell(limit)}`);
  }
  if (when.type !== 'every') return;
  if (when.fromMs * (when.times ?? 1) >= limit) {
    tell(['faults', i, 'every'], `does not fit: the limit of the run is ${spell(limit)}`);
  } else if (when.times === undefined && limit / when.fromMs > mostRepetitions) {
    tell(
      ['faults', i, 'every'],
      `more than ${mostRepetitions} times within the limit of ${spell(limit)}; give 'times'`,
    );
  }
}

function checkTarget(fault: Fault, i: number, setUp: SetUp, tell: Tell): void {
  const path = ['faults', i, 'target'];
  const { cluster, consumers } = setUp;
  const names = namesIn(setUp);
  const choice = targetChoice(fault.target, setUp);
  if (choice.type === 'leader') {
    const { partitions } = setUp.topic;
    if (choice.partition >= partitions) {
      tell(path, `no partition ${choice.partition}: the topic has ${partitions}, 0 to ${partitions - 1}`);
    } else if (names.brokers.length === 0) tell(path, noControl('the leader'));
  } else if (choice.type === 'workers' && choice.candidates.length > 0) {
    const isConsumer = choice.candidates.every((name) => names.consumers.includes(name));
    if (isConsumer && consumers.start.type === 'after faults') {
      tell(path, "consumers start after the faults: aim at something else, or set consumers.start to 'at once'");
    }
    return;
  } else if (choice.candidates.length === 0 || choice.count === 0) {
    tell(path, noTarget(String(fault.target), setUp));
    return;
  }
  if (cluster.broker !== 'kafka') return;
  for (const [n, node] of cluster.control.entries()) {
    if (choice.type === 'nodes' && !choice.candidates.includes(node.id)) continue;
    const missing = missingWay(findFault(fault.do)?.needs ?? [], node);
    if (missing !== undefined) tell(path, `${fault.do} of ${node.id} needs cluster.control[${n}].${missing}`);
  }
}

function noTarget(target: string, setUp: SetUp): string {
  const names = namesIn(setUp);
  const { brokers, others, producers, consumers } = names;
  if (laterWord(['faults', 'target'], target) !== undefined) return `'${target}' is not in this version`;
  if (target === 'minority')
    return `a minority of ${brokers.length} ${brokers.length === 1 ? 'node is' : 'nodes is'} none; it takes 3`;
  if (setUp.cluster.broker === 'kafka') {
    if (target === 'master') return "an attached cluster has no masters; name a node, or use 'one' or 'leader of 0'";
    const isWorker = /^[pc]\d/.test(target);
    if (brokers.length === 0 && !isWorker) return noControl(`'${target}'`);
  }
  const known = [...others, ...brokers, ...producers, ...consumers, ...targetWords, 'leader of 0'];
  const nodes = `the nodes are ${[...others, ...brokers].join(', ') || 'none'}`;
  const workers = `the workers are ${spanOf(producers)} and ${spanOf(consumers)}`;
  return `no '${target}' here: ${nodes}; ${workers}${didYouMean(
    target,
    known.filter((word) => word.length > 3),
  )}`;
}

function noControl(what: string): string {
  return `${what} is a node of an attached cluster: say under cluster.control how to reach its process`;
}

function spanOf(names: readonly string[]): string {
  return names.length > 2 ? `${names[0]} to ${names.at(-1)}` : names.join(', ');
}
