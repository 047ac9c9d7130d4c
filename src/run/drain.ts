/**
 * The drain: after it, whatever was not received was not there to be received. Each step is bounded and recorded; the
 * audit calls nothing lost that this did not prove.
 */
import { answersAt } from '../cluster/attached-node.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { pause, poll } from '../cluster/wait.ts';
import type { Admin, BrokerAccess, DrainAnswer } from '../drivers/driver.ts';
import type { FaultEngine } from '../faults/engine.ts';
import type { DrainDetail, DrainStep } from '../journal/event.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { RunContext } from './context.ts';
import { probe } from './probe.ts';
import type { Workload } from './workload.ts';

const answerBoundMs = 30_000;
const probeBoundMs = 30_000;
const drainedBoundMs = 120_000;
const askEveryMs = 100;
const lookEveryMs = 10;

export interface DrainParts {
  readonly context: RunContext;
  readonly journal: JournalWriter;
  readonly cluster: Cluster;
  readonly workload: Workload;
  readonly engine: FaultEngine;
  readonly admin: Admin;
  readonly access: BrokerAccess;
  readonly signal: AbortSignal;
  /** Tells the user; `phase` names the next stretch of the run. */
  observe(phase: 'settle' | 'heal' | 'drain' | 'read'): void;
}

/** Goes through all steps even when one fails: each is evidence. */
export async function drain(parts: DrainParts): Promise<void> {
  const step = (name: DrainStep, ok: boolean, detail: DrainDetail): void => {
    parts.journal.append({ kind: 'drain', step: name, ok, detail });
    parts.journal.flush();
  };
  parts.observe('settle');
  step('settled', await settle(parts), { proof: 'every producer settled what it had in flight' });
  parts.observe('heal');
  step('healed', ...(await healed(parts)));
  parts.observe('drain');
  const { ok, proof } = await probe(parts.context, parts.access, probeBoundMs, parts.signal);
  step('probed', ok, { proof });
  await parts.workload.renewConsumers();
  step('renewed', true, { proof: 'one fresh consumer in each group' });
  await pause(parts.context.driver.semantics.drainedMinimumWaitMs, parts.signal);
  const groups = parts.context.groups.map(async (group, index) => {
    const answer = await groupDrained(parts, group);
    step('drained', answer.proven, { group: index, proof: answer.proof });
  });
  await Promise.all(groups);
  if (parts.context.driver.read !== undefined) {
    parts.observe('read');
    step('read', await parts.workload.read(parts.signal), {
      proof: 'the independent reader went through every partition',
    });
  }
}

/** A producer that was dead when sending ended is healed with the faults, and sends what was left to it. */
async function settle({ workload, engine, signal }: DrainParts): Promise<boolean> {
  do {
    await engine.end();
    while (workload.sending && !signal.aborted) await pause(lookEveryMs, signal);
  } while (workload.sending && !signal.aborted);
  return workload.stopProducers();
}

async function healed({ cluster, signal }: DrainParts): Promise<[boolean, DrainDetail]> {
  const silent: string[] = [];
  for (const { id, address } of cluster.nodes) {
    if (address === undefined) continue;
    const answers = await poll(async () => ((await answersAt(address)) ? true : undefined), {
      everyMs: askEveryMs,
      boundMs: answerBoundMs,
      signal,
    });
    if (answers === undefined) silent.push(id);
  }
  const proof = silent.length === 0 ? 'all nodes accept connections' : `${silent.join(', ')} did not answer`;
  return [silent.length === 0, { proof }];
}

async function groupDrained({ admin, context, signal }: DrainParts, group: string): Promise<DrainAnswer> {
  let last: DrainAnswer = { proven: false, proof: 'the broker was not asked' };
  const proven = await poll(
    async () => {
      last = await admin.drained(context.topic, group, signal);
      return last.proven ? last : undefined;
    },
    { everyMs: askEveryMs, boundMs: drainedBoundMs, signal },
  );
  return proven ?? last;
}
