import { findFault } from '../faults/registry.ts';
import type { Draft, Tell } from './check.ts';
import { hasControls, missingWay, waysTo } from './control-ways.ts';
import { mostRepetitions, targetText } from './fault-schema.ts';
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
  const needs = findFault(fault.do)?.needs ?? [];
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
    if (!hasControls(isConsumer ? 'consumer' : 'producer', needs)) tell(path, wrongKind(fault));
    return;
  } else if (choice.candidates.length === 0 || choice.count === 0) {
    tell(path, noTarget(fault.target, setUp));
    return;
  }
  if (choice.type === 'nodes' && choice.candidates.every((name) => names.stores.includes(name))) {
    checkStore(fault, setUp, (message) => tell(path, message));
    return;
  }
  if (!hasControls('broker', needs)) return tell(path, wrongKind(fault));
  if (cluster.broker === 'bundled') return checkOwnNodes(fault, choice, setUp, (message) => tell(path, message));
  if (waysTo(needs) === undefined) {
    tell(['faults', i, 'do'], `${fault.do} needs the bundled broker: no key of cluster.control gives a way to do it`);
    return;
  }
  for (const [n, node] of cluster.control.entries()) {
    if (choice.type === 'nodes' && !choice.candidates.includes(node.id)) continue;
    const missing = missingWay(needs, node);
    if (missing !== undefined) tell(path, `${fault.do} of ${node.id} needs cluster.control[${n}].${missing}`);
  }
}

function checkStore(fault: Fault, { consumers }: SetUp, tell: (message: string) => void): void {
  const needs = findFault(fault.do)?.needs ?? [];
  const control = consumers.effect?.control;
  if (!hasControls('store', needs)) return tell(wrongKind(fault));
  const missing = control === undefined ? undefined : missingWay(needs, control);
  if (missing !== undefined) tell(`${fault.do} of the store needs consumers.effect.control.${missing}`);
}

function wrongKind({ do: name, target }: Fault): string {
  const whom = hasControls('broker', findFault(name)?.needs ?? []) ? 'brokers' : 'consumers';
  return `${name} is done to ${whom}; ${targetText(target)} is none`;
}

function checkOwnNodes(
  fault: Fault,
  choice: ReturnType<typeof targetChoice>,
  setUp: SetUp,
  tell: (message: string) => void,
): void {
  const needs = findFault(fault.do)?.needs ?? [];
  const { others, slaves, brokers } = namesIn(setUp);
  const hit = choice.type === 'leader' ? [] : choice.candidates.filter((name) => others.includes(name));
  if (hit.length > 0 && !hasControls('name server', needs)) {
    tell(`${fault.do} is done to brokers, which are ${brokers.join(', ')}; ${hit.join(', ')} is the name server`);
  }
  if (needs.includes('promote') && slaves.length === 0) {
    tell(`${fault.do} needs a set with a slave; set cluster.slaves to 1 or more`);
  }
}

/** Why nothing here goes by that target. */
export function noTarget(asked: Fault['target'], setUp: SetUp): string {
  const { brokers, others, stores, producers, consumers } = namesIn(setUp);
  const target = Array.isArray(asked)
    ? (asked.find((name) => ![...others, ...brokers].includes(name)) ?? '')
    : targetText(asked);
  if (target.startsWith('slave') && setUp.cluster.broker === 'bundled') {
    return 'there are no slaves here; set cluster.slaves to 1 or more';
  }
  if (target === 'store' || target === 'ids') return noStore(target, setUp);
  if (laterWord(['faults', 'target'], target) !== undefined) return `'${target}' is not in this version`;
  if (target === 'minority')
    return `a minority of ${brokers.length} ${brokers.length === 1 ? 'node is' : 'nodes is'} none; it takes 3`;
  if (setUp.cluster.broker === 'kafka') {
    if (target === 'master' || target.startsWith('slave'))
      return `an attached cluster has no ${target.replace(/s?$/, 's')}; name a node, or use 'one' or 'leader of 0'`;
    const isWorker = /^[pc]\d/.test(target);
    if (brokers.length === 0 && !isWorker) return noControl(`'${target}'`);
  }
  const known = [...others, ...brokers, ...stores, ...producers, ...consumers, ...targetWords, 'leader of 0'];
  const nodes = `the nodes are ${[...others, ...brokers].join(', ') || 'none'}`;
  const workers = producers.length === 0 ? '' : `; the workers are ${spanOf(producers)} and ${spanOf(consumers)}`;
  return `no '${target}' here: ${nodes}${workers}${didYouMean(
    target,
    known.filter((word) => word.length > 3),
  )}`;
}

function noStore(target: 'store' | 'ids', { consumers: { effect } }: SetUp): string {
  if (effect === undefined) return `there is no '${target}' here: processing has no consumers.effect`;
  if (target === 'ids') return "there is no 'ids' here: no Redis is started for ids alone";
  if (effect.store === 'sqlite') return "'store' is a file here: SQLite has no process to act on";
  return "'store' is a server that is not the run's: say under consumers.effect.control how to reach its process";
}

function noControl(what: string): string {
  return `${what} is a node of an attached cluster: say under cluster.control how to reach its process`;
}

function spanOf(names: readonly string[]): string {
  return names.length > 2 ? `${names[0]} to ${names.at(-1)}` : names.join(', ');
}
