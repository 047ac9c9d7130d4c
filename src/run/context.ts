/** What every part of a run shares: the plan with the names, numbers and connections of this one execution. */
import { randomBytes } from 'node:crypto';
import type { BrokerAccess, Driver } from '../products/driver.ts';
import { loadDriver } from '../products/registry.ts';
import { newClockBase, type RunClock, runClock } from '../journal/clock.ts';
import type { ClockBase, JournalHeader } from '../journal/header.ts';
import type { Plan } from '../plan/plan.ts';
import { resolveSecrets } from '../profile/secrets.ts';
import type { RunFolder } from './folder.ts';

export interface RunContext {
  readonly id: string;
  readonly plan: Plan;
  readonly folder: RunFolder;
  readonly driver: Driver;
  readonly clockBase: ClockBase;
  readonly clock: RunClock;
  readonly topic: string;
  readonly probeTopic: string;
  /** Names of the audited groups; their index is their number in the journals. */
  readonly groups: readonly string[];
  /** Where each group's failed messages go; empty without redelivery. */
  readonly queues: readonly GroupQueues[];
  /** Name for whatever the independent reader may need on the broker; never audited. */
  readonly readerGroup: string;
  header(role: JournalHeader['role'], writer: string, producer?: number): JournalHeader;
  access(bootstrap: readonly string[]): BrokerAccess;
}

/** Names on the broker that are a group's own. */
export interface GroupQueues {
  readonly retryTopic: string;
  /** In which the group's consumers read it. */
  readonly retryGroup: string;
  /** Absent: after the last try a message is dropped. */
  readonly deadTopic?: string;
}

/** @throws ToolError `secret-missing` (exit 2) when the environment lacks what the profile refers to. */
export async function newContext(plan: Plan, folder: RunFolder): Promise<RunContext> {
  const driver = await loadDriver(plan.cluster.broker);
  const id = `${plan.seed.toString(16).padStart(8, '0')}-${randomBytes(4).toString('hex')}`;
  const topic = `mqchaos-${id}`;
  const groups = Array.from({ length: plan.consumers.groups }, (_, index) => `${topic}-g${index + 1}`);
  const { redelivery } = plan.consumers;
  const queues = redelivery === undefined ? [] : groups.map((group) => queuesOf(group, redelivery.deadLetter));
  const base = newClockBase();
  const secrets = plan.cluster.broker === 'bundled' ? {} : resolveSecrets(plan.cluster, process.env);
  return {
    id,
    plan,
    folder,
    driver,
    clockBase: base,
    clock: runClock(base),
    topic,
    probeTopic: `${topic}-probe`,
    groups,
    queues,
    readerGroup: `${topic}-reader`,
    header: (role, writer, producer) => ({
      run: id,
      role,
      writer,
      ...(producer === undefined ? {} : { producer }),
      clock: base,
      topic,
      partitions: plan.topic.partitions,
      groups,
      ...(redelivery && { redelivery: { attempts: redelivery.attempts, deadLetter: redelivery.deadLetter } }),
      positions: driver.semantics.positions,
      client: driver.name,
    }),
    access: (bootstrap) => ({ bootstrap, clientId: `mqchaos-${id}`, ...secrets }),
  };
}

function queuesOf(group: string, deadLetter: boolean): GroupQueues {
  const retry = `${group}-retry`;
  return { retryTopic: retry, retryGroup: retry, ...(deadLetter ? { deadTopic: `${group}-dead` } : {}) };
}
