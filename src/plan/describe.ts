/** A plan as text for people: what will be done, when and to whom. */

import { findingClasses } from '../audit/class.ts';
import { counted } from '../counted.ts';
import { productOf } from '../products/registry.ts';
import { volumeOf } from '../products/volume.ts';
import { needsLinks } from '../profile/links.ts';
import { spell } from '../profile/schema/units.ts';
import { alwaysAllowed, contractOf } from './contract.ts';
import type { ClusterPlan, FaultPlan, Plan, RedeliveryPlan, TargetPlan, Trigger } from './plan.ts';
import { entryOf, notesOf, warningsOf } from './warnings.ts';

/** How many repetitions of a fault are listed before the rest is summed up. */
const mostListed = 8;

export function describePlan(plan: Plan): string {
  const rows: [string, string[]][] = [
    ['seed', [String(plan.seed)]],
    ['cluster', cluster(plan)],
    ['topic', [topic(plan)]],
    ['producers', producers(plan)],
    ['consumers', [...ownWorker(plan.consumers.command), consumers(plan), ...failures(plan), ...effect(plan)]],
    ['faults', faults(plan)],
    ['contract', contract(plan)],
    ['expect', expectations(plan)],
    ['limit', [`${spell(plan.limitMs)} for the whole run; beyond it the run is inconclusive`]],
  ];
  const warned = warningsOf(plan);
  if (warned.length > 0) rows.push(['warning', warned]);
  const notes = notesOf(plan);
  if (notes.length > 0) rows.push(['note', notes]);
  const body = rows.flatMap(([head, lines]) => lines.map((line, i) => `  ${(i === 0 ? head : '').padEnd(11)}${line}`));
  return [`${plan.name}: ${plan.question}`, '', ...body, ''].join('\n');
}

function cluster({ cluster, faults }: Plan): string[] {
  const bending = faults.find(needsLinks);
  const links = bending === undefined ? [] : [`every node behind a link, for ${bending.do} (${entryOf(bending.id)})`];
  return [...productOf(cluster.broker).describe(cluster), ...disks(cluster), ...links];
}

function disks(cluster: ClusterPlan): string[] {
  const volume = volumeOf(cluster);
  if (volume === undefined) return [];
  const what =
    volume.kind === 'ext4'
      ? 'an ext4 on a loop device'
      : `a volume of mqchaos, ${volume.writeBack === '30s' ? 'written back after 30 s' : 'on which nothing outlives a power cut that is not synced'}`;
  const synced = volume.checkpoint ? ', all synced once before the first message' : ', nothing synced beforehand';
  return [`each broker on ${what}${synced}`];
}

function topic({ topic }: Plan): string {
  const copies = topic.replication === undefined ? '' : `, ${counted(topic.replication, 'copy', 'copies')} of each`;
  if (topic.partitions === undefined) return `no partitions${copies}`;
  return `${counted(topic.partitions, 'partition')}${copies}`;
}

function producers({ producers }: Plan): string[] {
  const { count, send, messages, ratePerSecond, payloadBytes, command } = producers;
  const rate = ratePerSecond === undefined ? 'as fast as they go' : `at ${ratePerSecond}/s`;
  const atLeast = ratePerSecond === undefined ? '' : `: ${seconds(messages / ratePerSecond)} of sending`;
  const window = send === 'async' ? `, up to ${producers.window} in flight each` : '';
  const idempotent = producers.idempotent ? ', idempotent' : '';
  const where = producers.retryAnotherBroker ? ', on another broker if there is one' : '';
  const retries = `${counted(producers.retries, 'retry', 'retries')} ${spell(producers.retryDelayMs)} after a failure${where}`;
  return [
    ...ownWorker(command),
    `${count} × ${send}${window}${idempotent}: ${counted(messages, 'message')} of ${payloadBytes} B ${rate}${atLeast}`,
    send === 'oneway'
      ? 'no acknowledgement, no retry'
      : `acks ${producers.acks}, ${spell(producers.timeoutMs)} for an attempt, ${producers.retries === 0 ? 'no retry' : retries}`,
  ];
}

/** What is different of a worker of the user's own. */
function ownWorker(command: readonly string[] | undefined): string[] {
  return command === undefined
    ? []
    : [`your own: ${command.map((word) => (/\s/.test(word) ? JSON.stringify(word) : word)).join(' ')}`];
}

function consumers({ consumers }: Plan): string {
  const { count, groups, start } = consumers;
  const when = start.type === 'at once' || start.type === 'after faults' ? start.type : instant(start);
  const many = groups === 1 ? '1 group' : `each of ${groups} groups`;
  return `${count} in ${many}, started ${when}; a session ends after ${spell(consumers.sessionTimeoutMs)} of silence`;
}

/** What fails by chance, and what becomes of it. */
function failures({ consumers }: Plan): string[] {
  const { failing, redelivery } = consumers;
  const share = `${Number(((failing?.share ?? 0) * 100).toFixed(4))}%`;
  const what = failing?.by === 'message' ? `of ${share} of the messages, at every try` : `at ${share} of the tries`;
  return [...(failing === undefined ? [] : [`processing fails ${what}`]), ...redelivered(redelivery)];
}

function redelivered(redelivery: RedeliveryPlan | undefined): string[] {
  if (redelivery === undefined) return [];
  const { attempts, delayMs, deadLetter } = redelivery;
  const end = deadLetter ? 'then to the dead letter topic' : 'then dropped';
  if (attempts === 0) return [`what failed is not redelivered: ${end.replace('then ', '')}`];
  return [
    `what failed is redelivered ${spell(delayMs)} later, ${attempts === 1 ? 'once' : `up to ${attempts} times`}, ${end}`,
  ];
}

function effect({ consumers }: Plan): string[] {
  const { commit, effect: settings } = consumers;
  const early = commit === 'before' ? ['acknowledged before processing'] : [];
  if (settings === undefined) return early;
  const { store, url, idempotence, form, patienceMs } = settings;
  const where = url === undefined ? store : `${store} (${url})`;
  const guard = idempotence === 'none' ? 'without idempotence' : `idempotence ${idempotence}`;
  const waits =
    patienceMs === undefined ? [] : [`a store that does not answer is waited for ${spell(patienceMs)} a try`];
  return [[`effect in ${where}`, form === undefined ? guard : `${guard} (${form})`, ...early].join(', '), ...waits];
}

function faults(plan: Plan): string[] {
  const { faults, producers } = plan;
  if (faults.length === 0) return ['none: this shows the calm case'];
  const whens = faults.map((fault) => instant(fault.trigger, producers.messages));
  const width = Math.max(...whens.map((when) => when.length));
  const idWidth = Math.max(...faults.map((fault) => fault.id.length));
  const listed = faults.map((fault, i) => {
    const when = (whens[i] ?? '').padEnd(width);
    return { entry: entryOf(fault.id), line: `${fault.id.padEnd(idWidth)}  ${when}  ${deed(fault)}` };
  });
  const entries = [...new Set(listed.map(({ entry }) => entry))];
  return entries.flatMap((entry) => {
    const lines = listed.filter((fault) => fault.entry === entry).map(({ line }) => line);
    const more = lines.length - mostListed;
    return more <= 0
      ? lines
      : [...lines.slice(0, mostListed), `… and ${more} more of ${entry} while messages are sent`];
  });
}

function deed(fault: FaultPlan): string {
  const names = targetText(fault.target);
  const asked = fault.asked === undefined || fault.asked === names ? '' : ` (${fault.asked})`;
  const until = fault.forMs === undefined ? '' : `, healed after ${spell(fault.forMs)}`;
  const repeated = fault.repetition ? ', if messages are still being sent' : '';
  const parameters = Object.entries(fault.parameters ?? {}).map(([name, value]) => `, ${name} ${String(value)}`);
  return `${fault.do} ${names}${asked}${parameters.join('')}${until}${repeated}`;
}

function targetText(target: TargetPlan): string {
  if (target.type === 'leader') return `leader of ${target.partition}`;
  return (target.type === 'nodes' ? target.nodes : target.workers).join(', ');
}

/** With the number of messages, progress is told in messages too. */
function instant(trigger: Trigger, messages?: number): string {
  if (trigger.type === 'time') return `at ${spell(trigger.afterMs)}`;
  if (trigger.type === 'acked') return `after ${trigger.messages} acked`;
  const percent = `at ${Number((trigger.fraction * 100).toFixed(2))}%`;
  return messages === undefined ? percent : `${percent} (message ${Math.round(trigger.fraction * messages)})`;
}

/** What is allowed and why, classes of one reason together; of what must not be lost also why not. */
function contract(plan: Plan): string[] {
  const contract = contractOf(plan);
  const reasons = new Map<string, string[]>();
  for (const name of findingClasses) {
    const { allowed, because } = contract[name];
    if (allowed && !alwaysAllowed.includes(name)) reasons.set(because, [...(reasons.get(because) ?? []), name]);
  }
  return [
    ...[...reasons].map(([because, names]) => `${names.join(', ')}: ${because}`),
    ...(contract.lost.allowed ? [] : [`never lost: ${contract.lost.because}`]),
    `as in any run ${alwaysAllowed.join(', ')}; nothing else`,
  ];
}

function expectations({ expect }: Plan): string[] {
  const limits = Object.entries(expect.limits).map(([name, most]) => (most === 0 ? `no ${name}` : `${name} ≤ ${most}`));
  const bounds = [
    ...(expect.ackedShare === undefined ? [] : [`acked ≥ ${Number((expect.ackedShare * 100).toFixed(2))}%`]),
    ...(expect.recoveryMs === undefined ? [] : [`recovery < ${spell(expect.recoveryMs)}`]),
  ];
  const harm = expect.harm === undefined ? [] : [`to be shown, or the run fails: ${expect.harm.join(', ')}`];
  const held = [...limits, ...bounds].join(', ') || 'nothing';
  return [expect.contract ? `as the contract has it: ${held}` : held, ...harm];
}

function seconds(count: number): string {
  return `${Number(count.toFixed(1))} s`;
}
