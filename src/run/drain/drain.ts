/**
 * The drain: after it, whatever was not received was not there to be received. Each step is bounded and recorded; the
 * audit calls nothing lost that this did not prove.
 */

import { untilAnswers } from '../../cluster/answers.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Node } from '../../cluster/controls.ts';
import { counted } from '../../counted.ts';
import { messageOf } from '../../errors.ts';
import type { FaultEngine } from '../../faults/engine.ts';
import type { DrainStep } from '../../journal/event.ts';
import type { JournalWriter } from '../../journal/writer.ts';
import type { Admin, BrokerAccess, DrainAnswer } from '../../products/driver.ts';
import { Deadline, monotonicMs, pause, poll } from '../../wait.ts';
import type { RunContext } from '../context.ts';
import type { EffectStores } from '../set-up/effect-stores.ts';
import type { Workload } from '../workers/workload.ts';
import { DeadLetters } from './dead-letters.ts';
import { probe } from './probe.ts';

const answerBoundMs = 30_000;
const probeBoundMs = 30_000;
const drainedBoundMs = 120_000;
/** What one redelivery may take beyond its delay. */
const moveBoundMs = 2000;
const askEveryMs = 100;
const lookEveryMs = 10;
const mostNamed = 3;

interface StepResult {
  readonly ok: boolean;
  readonly proof: string;
}

export interface DrainParts {
  readonly context: RunContext;
  readonly journal: JournalWriter;
  readonly cluster: Cluster;
  readonly workload: Workload;
  readonly engine: FaultEngine;
  readonly admin: Admin;
  readonly access: BrokerAccess;
  readonly stores?: EffectStores;
  readonly signal: AbortSignal;
  /** Tells the user; `phase` names the next stretch of the run. */
  observe(phase: 'settle' | 'heal' | 'drain' | 'read'): void;
  /** How many messages the broker still counts for a group, each time that it was asked and told so. */
  left(group: number, messages: number): void;
}

/** Goes through all steps even when one fails: each is evidence. Never rejects. */
export async function drain(parts: DrainParts): Promise<void> {
  const { context, workload, signal } = parts;
  const attempt = async (name: DrainStep, step: () => Promise<StepResult>, group?: number): Promise<void> => {
    const { ok, proof } = await step().catch((error: unknown) => ({ ok: false, proof: messageOf(error) }));
    parts.journal.append({
      kind: 'drain',
      step: name,
      ok,
      detail: { ...(group === undefined ? {} : { group }), proof },
    });
    parts.journal.flush();
  };
  parts.observe('settle');
  await attempt('settled', () => settle(parts));
  parts.observe('heal');
  await attempt('healed', () => healed(parts));
  parts.observe('drain');
  await attempt('probed', () => probe(context, parts.access, probeBoundMs, signal));
  await attempt('renewed', async () => {
    await workload.renewConsumers(signal);
    return { ok: true, proof: 'one fresh consumer has joined each group' };
  });
  await pause(context.driver.semantics.drainedMinimumWaitMs, signal);
  await Promise.all(context.groups.map((_, index) => attempt('drained', () => groupDrained(parts, index), index)));
  const { stores } = parts;
  const { redelivery, command } = context.plan.consumers;
  const processes = stores !== undefined || redelivery !== undefined || command !== undefined;
  if (processes) await workload.stopConsumers(); // nobody processes any more
  if (stores !== undefined) {
    for (const group of context.groups.keys()) await attempt('effects', () => stores.record(group), group);
  }
  if (redelivery?.deadLetter === true) {
    using deadLetters = new DeadLetters(context, parts.access);
    for (const group of context.groups.keys()) {
      await attempt('dead-letters', () => deadLetters.record(group, signal), group);
    }
  }
  if (context.driver.read === undefined) return;
  parts.observe('read');
  await attempt('read', async () => {
    const ok = await workload.read(signal);
    return { ok, proof: ok ? 'every partition, from its first position to its end' : 'not every partition was read' };
  });
}

/** A producer that was dead when sending ended is healed with the faults, and sends what was left to it. */
async function settle({ workload, engine, signal }: DrainParts): Promise<StepResult> {
  do {
    await engine.end();
    while (workload.sending && !signal.aborted) await pause(lookEveryMs, signal);
  } while (workload.sending && !signal.aborted);
  const ok = await workload.stopProducers();
  return { ok, proof: ok ? 'every producer settled what it had in flight' : 'a producer ended with sends in flight' };
}

async function healed(parts: DrainParts): Promise<StepResult> {
  const { cluster, signal } = parts;
  const silent: string[] = [];
  const ask = async ({ id, address }: Node): Promise<void> => {
    if (address === undefined) return;
    await untilAnswers(address, true, answerBoundMs, signal).catch(() => silent.push(id));
  };
  await Promise.all(cluster.nodes.map(ask));
  if (cluster.nodes.length === 0) return { ok: true, proof: 'no node of this cluster is ours to ask: the probe tells' };
  if (silent.length > 0) return { ok: false, proof: `${silent.join(', ')} did not answer` };
  const answering = `connections are accepted by ${counted(cluster.nodes.length, 'node')} of ${cluster.nodes.length}`;
  const { plan } = parts.context;
  if (plan.cluster.attach !== undefined) return { ok: true, proof: answering };
  const { ok, proof } = await inSync(parts);
  return { ok, proof: `${answering}, ${proof}` };
}

/** A copy of ours that was hit has all again: a cluster that stays without it is not healed. Of others' we know too little. */
export async function inSync({
  admin,
  context,
  signal,
}: Pick<DrainParts, 'admin' | 'context' | 'signal'>): Promise<StepResult> {
  let behind: readonly string[] = ['the cluster was not asked'];
  const ok = await poll(
    async () => {
      behind = await admin
        .lagging(context.channel.name, signal)
        .catch((error: unknown) => [`nobody can say: ${messageOf(error)}`]);
      return behind.length === 0 ? true : undefined;
    },
    { everyMs: askEveryMs, boundMs: answerBoundMs, signal },
  );
  if (ok === true) return { ok, proof: 'every copy is in sync' };
  const more = behind.length > mostNamed ? ` and ${behind.length - mostNamed} more` : '';
  return { ok: false, proof: `a copy is behind: ${behind.slice(0, mostNamed).join(', ')}${more}` };
}

/**
 * With `commit: before` what is settled may still be in the hands of the fresh consumer, which makes copies of what fails: so
 * it must have had nothing in hand while the broker was asked. It had not if it told so before and after, and had received
 * nothing between. Of a consumer of the user's own nobody knows when it commits.
 */
async function groupDrained(parts: DrainParts, index: number): Promise<StepResult> {
  const { workload, context, signal } = parts;
  const { commit, command } = context.plan.consumers;
  if (commit === 'after' && command === undefined) return settledByGroup(parts, index);
  using bound = new Deadline(boundOf(parts), signal);
  for (;;) {
    const before = workload.drainTold(index);
    const drained = await settledByGroup(parts, index);
    if (!drained.ok) return drained;
    const after = await toldFromNowOn(parts, index, bound.signal);
    if (typeof after !== 'object') {
      const why = after === undefined ? 'its consumer was still at work, or did not say' : leftAlone(after);
      return { ok: false, proof: `${drained.proof}; ${why}` };
    }
    const { inHand, received } = after.counters;
    const quiet = before?.counters.inHand === 0 && inHand === 0 && before.counters.received === received;
    if (quiet) return { ok: true, proof: `${drained.proof}; its consumer had nothing in hand` };
  }
}

/** A text: why its consumer has ended. Undefined: the time is over. */
function toldFromNowOn({ workload }: DrainParts, index: number, signal: AbortSignal) {
  const sinceMs = monotonicMs();
  return poll(
    () => {
      const broken = workload.drainBroken(index); // first: what it told before it ended counts
      const told = workload.drainTold(index);
      return told !== undefined && told.atMs >= sinceMs ? told : broken;
    },
    { everyMs: lookEveryMs, boundMs: answerBoundMs, signal },
  );
}

/**
 * The topic first: what is drained makes no new copies. Of what is settled after it was processed, a copy is acknowledged
 * before what it was made of, and the driver asks for what is committed first, so that a retry topic in which all is
 * committed has nobody left to add to it.
 */
async function settledByGroup(parts: DrainParts, index: number): Promise<StepResult> {
  const { channel, groups, queues } = parts.context;
  const main = await channelDrained(parts, index, channel.name, groups[index] as string, boundOf(parts));
  const queue = queues[index];
  if (!main.ok || queue === undefined) return main;
  const retries = await channelDrained(parts, index, queue.retry.name, queue.retryGroup, boundOf(parts));
  return { ok: retries.ok, proof: `${main.proof}; retry topic: ${retries.proof}` };
}

/** What always fails takes all its tries before it is settled. */
function boundOf({ context }: DrainParts): number {
  const { attempts, delayMs } = context.plan.consumers.redelivery ?? { attempts: 0, delayMs: 0 };
  return drainedBoundMs + attempts * (delayMs + moveBoundMs);
}

/** With nobody left to consume, what is left stays: there is nothing to wait for. */
async function channelDrained(
  { admin, workload, signal, left }: DrainParts,
  index: number,
  channel: string,
  group: string,
  boundMs: number,
): Promise<StepResult> {
  let last: DrainAnswer = { proven: false, proof: 'the broker was not asked' };
  let broken: string | undefined;
  await poll(
    async () => {
      broken = workload.drainBroken(index); // first: what it had done before it ended is in the answer
      last = await admin.drained(channel, group, signal);
      if (last.left !== undefined) left(index, last.left);
      return last.proven || broken !== undefined ? last : undefined;
    },
    { everyMs: askEveryMs, boundMs, signal },
  );
  const why = last.proven || broken === undefined ? '' : `; ${leftAlone(broken)}`;
  return { ok: last.proven, proof: `${last.proof}${why}` };
}

function leftAlone(broken: string): string {
  return `nobody consumes it any more: ${broken}`;
}
