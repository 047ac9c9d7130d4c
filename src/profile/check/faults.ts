import type { ControlName } from '../../cluster/controls.ts';
import { counted } from '../../counted.ts';
import { findFault } from '../../faults/registry.ts';
import { nodesOf, productOf } from '../../products/registry.ts';
import { diskLimit } from '../../products/volume-limits.ts';
import { didYouMean } from '../../suggest.ts';
import { bendsLinks, whyNotBent } from '../links.ts';
import { mostRepetitions, targetText } from '../schema/fault.ts';
import type { Profile } from '../schema/schema.ts';
import { spell } from '../schema/units.ts';
import { namesIn, type SetUp, targetChoice, targetUsual, targetWords } from '../targets.ts';
import type { Draft, Tell } from './check.ts';
import { lackOf, missingWay, ownControls, suffice, waysTo } from './control-ways.ts';
import { laterWord } from './later.ts';

type Fault = Profile['faults'][number];

export function checkFaults(draft: Draft, tell: Tell): void {
  const { consumers } = draft;
  for (const [i, fault] of draft.faults.entries()) {
    if (fault !== undefined) {
      checkDuration(fault, i, tell);
      checkWhen(fault, i, draft, tell);
    }
    const target = draft.targets[i];
    if (target === undefined) continue;
    inEvery(draft.setUps, tell, (setUp, told) => {
      if (fault !== undefined) return checkTarget(fault, i, setUp, told);
      const absent = absence(target, setUp);
      if (absent !== undefined) told(['faults', i, 'target'], absent);
    });
  }
  if (consumers?.start.type === 'after faults' && draft.faults.length === 0) {
    tell(['consumers', 'start'], "'after faults' needs faults; there are none");
  }
}

/** What is wrong whichever of the set-ups is meant, in the words for the first of them. */
function inEvery(setUps: readonly SetUp[], tell: Tell, check: (setUp: SetUp, tell: Tell) => void): void {
  const told = setUps.map((setUp) => {
    const problems: Parameters<Tell>[] = [];
    check(setUp, (...problem) => problems.push(problem));
    return problems;
  });
  if (told.every((problems) => problems.length > 0)) for (const problem of told[0] ?? []) tell(...problem);
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
      tell(['faults', i, 'after'], `never comes: all that is sent is ${counted(producers.messages, 'message')}`);
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

/** Why there is no such target, whatever is to be done to it. */
function absence(target: Fault['target'], setUp: SetUp): string | undefined {
  const choice = targetChoice(target, setUp);
  if (choice.type === 'leader') return noLeader(choice.partition, setUp);
  return choice.candidates.length === 0 || choice.count === 0 ? noTarget(target, setUp) : undefined;
}

function checkTarget(fault: Fault, i: number, setUp: SetUp, tell: Tell): void {
  const path = ['faults', i, 'target'];
  const { cluster, consumers } = setUp;
  const needs = findFault(fault.do)?.needs ?? [];
  const names = namesIn(setUp);
  const choice = targetChoice(fault.target, setUp);
  const absent = absence(fault.target, setUp);
  if (absent !== undefined) return tell(path, absent);
  const unbent = whyNotBent(fault, setUp);
  if (unbent !== undefined) return tell(['faults', i, 'from'], unbent);
  if (choice.type === 'workers') {
    const isConsumer = choice.candidates.every((name) => names.consumers.includes(name));
    if (isConsumer && consumers.start.type === 'after faults') {
      tell(path, "consumers start after the faults: aim at something else, or set consumers.start to 'at once'");
    }
    if (!suffice(ownControls[isConsumer ? 'consumer' : 'producer'], needs)) tell(path, wrongKind(fault));
    return;
  }
  if (choice.type === 'nodes' && choice.candidates.every((name) => names.stores.includes(name))) {
    checkStore(fault, setUp, (message) => tell(path, message));
    return;
  }
  if (isForConsumers(needs)) return tell(path, wrongKind(fault));
  if (!checkWire(fault, i, setUp, tell)) return;
  if (cluster.attach === undefined) return checkOwnNodes(fault, choice, setUp, (message) => tell(path, message));
  const aimed = [...(cluster.control ?? []).entries()].filter(
    ([, node]) => choice.type !== 'nodes' || choice.candidates.includes(node.id),
  );
  const unable = aimed.flatMap(([, node]) => {
    const lack = lackOf(needs, node);
    return lack === undefined ? [] : `${fault.do} of ${node.id} ${lack}`;
  });
  if (unable[0] !== undefined) return tell(['faults', i, 'do'], unable[0]);
  if (waysTo(needs) === undefined) {
    tell(
      ['faults', i, 'do'],
      `${fault.do} needs brokers of the run's own: no key of cluster.control gives a way to do it`,
    );
    return;
  }
  for (const [n, node] of aimed) {
    const missing = missingWay(needs, node);
    if (missing !== undefined) tell(path, `${fault.do} of ${node.id} needs cluster.control[${n}].${missing}`);
  }
}

/** Whether the product's protocol has what such a fault is to do with it. */
function checkWire(fault: Fault, i: number, { cluster }: SetUp, tell: Tell): boolean {
  const rule = findFault(fault.do)?.wired?.(fault.parameters);
  if (rule === undefined) return true;
  const { wire, title } = productOf(cluster.broker);
  const problem =
    wire === undefined
      ? { key: 'do', message: `${fault.do} needs a protocol that links can read; that of ${title} is none` }
      : wire.wrong(rule);
  if (problem !== undefined) tell(['faults', i, problem.key], problem.message);
  return problem === undefined;
}

/** Why there is no leader of that partition to act on. */
function noLeader(partition: number, setUp: SetUp): string | undefined {
  const { can, title } = productOf(setUp.cluster.broker);
  const partitions = setUp.topic.partitions ?? can.partitions?.usual;
  if (!can.leaders || partitions === undefined) {
    return `${title} has no leader of a partition; name a node, or use 'one'`;
  }
  if (partition >= partitions) {
    return `no partition ${partition}: the topic has ${partitions}, 0 to ${partitions - 1}`;
  }
  return namesIn(setUp).brokers.length === 0 ? noControl('the leader') : undefined;
}

function checkStore(fault: Fault, { consumers }: SetUp, tell: (message: string) => void): void {
  const needs = findFault(fault.do)?.needs ?? [];
  const control = consumers.effect?.control;
  if (isForConsumers(needs)) return tell(wrongKind(fault));
  if (control === undefined) return suffice(ownControls.store, needs) ? undefined : tell(wrongKind(fault));
  const lack = lackOf(needs, control);
  if (lack !== undefined) return tell(`${fault.do} of the store ${lack}`);
  if (waysTo(needs) === undefined) return tell(wrongKind(fault));
  const missing = missingWay(needs, control);
  if (missing !== undefined) tell(`${fault.do} of the store needs consumers.effect.control.${missing}`);
}

function wrongKind({ do: name, target }: Fault): string {
  if (bendsLinks({ do: name })) {
    return `${name} has a node as its target, and whoever is connected with it as 'from': target: all, from: ${targetText(target)}`;
  }
  const whom = isForConsumers(findFault(name)?.needs ?? []) ? 'consumers' : 'brokers';
  return `${name} is done to ${whom}; ${targetText(target)} is none`;
}

/** Whether a fault is about a place in processing. */
function isForConsumers(needs: readonly ControlName[]): boolean {
  return suffice(ownControls.consumer, needs) && !suffice(ownControls.producer, needs);
}

function checkOwnNodes(
  fault: Fault,
  choice: ReturnType<typeof targetChoice>,
  setUp: SetUp,
  tell: (message: string) => void,
): void {
  const { cluster } = setUp;
  const needs = findFault(fault.do)?.needs ?? [];
  const { others, brokers } = namesIn(setUp);
  const aimed = choice.type === 'leader' ? brokers : choice.candidates;
  const unable = nodesOf(cluster).filter(({ id, controls }) => aimed.includes(id) && !suffice(controls, needs));
  const helpers = unable.filter(({ id }) => others.includes(id)).map(({ id }) => id);
  if (helpers.length > 0) {
    tell(`${fault.do} is done to brokers, which are ${brokers.join(', ')}; ${helpers.join(', ')} holds no messages`);
  }
  const broker = unable.find(({ id }) => brokers.includes(id));
  if (broker === undefined) {
    const ask = findFault(fault.do)?.asks?.(fault.parameters);
    const limit = ask && diskLimit(cluster, ask);
    if (limit !== undefined) tell(`${fault.do} ${limit}`);
    return;
  }
  const { absent, title } = productOf(cluster.broker);
  const lacking = needs.find((control) => !broker.controls.includes(control));
  const why = lacking && absent?.(lacking, cluster);
  tell(`${fault.do} ${why ?? cannot(lacking, title)}`);
}

function cannot(lacking: ControlName | undefined, title: string): string {
  return lacking === 'cutPower' || lacking === 'disk' || lacking === 'damage'
    ? "needs a disk that can be broken on purpose: set cluster.volume to 'fuse' or 'ext4' (docs/volumes.md)"
    : `cannot be done to ${title}`;
}

/** Why nothing here goes by that target. */
export function noTarget(asked: Fault['target'], setUp: SetUp): string {
  const { cluster } = setUp;
  const { brokers, others, stores, producers, consumers } = namesIn(setUp);
  const target = Array.isArray(asked)
    ? (asked.find((name) => ![...others, ...brokers].includes(name)) ?? '')
    : targetText(asked);
  if (target.startsWith('slave') && cluster.attach === undefined) {
    const { absent, title } = productOf(cluster.broker);
    return absent?.('slave', cluster) ?? `${title} has no slaves; name a node, or use 'one'`;
  }
  if (target === 'store' || target === 'ids') return noStore(target, setUp);
  if (laterWord(['faults', 'target'], target) !== undefined) return `'${target}' is not in this version`;
  if (target === 'minority') return `a minority of ${counted(brokers.length, 'node')} is none; it takes 3`;
  if (cluster.attach !== undefined) {
    if (target === 'master' || target.startsWith('slave'))
      return `an attached cluster has no ${target.replace(/s?$/, 's')}; name a node, or use 'one' or 'leader of 0'`;
    const isWorker = /^[pc]\d/.test(target);
    if (brokers.length === 0 && !isWorker) return noControl(`'${target}'`);
  }
  const known = [...others, ...brokers, ...stores, ...producers, ...consumers, ...targetWords, 'leader of 0'];
  const nodes = `the nodes are ${[...others, ...brokers].join(', ') || 'none'}`;
  const workers = producers.length === 0 ? '' : `; the workers are ${spanOf(producers)} and ${spanOf(consumers)}`;
  const near = known.filter((word) => word.length > 3);
  return `no '${target}' here: ${nodes}${workers}${didYouMean(target, near, targetUsual)}`;
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
