/** What every part of a run shares: the plan with the names, numbers and connections of this one execution. */
import { randomBytes } from 'node:crypto';
import { newClockBase, type RunClock, runClock } from '../journal/clock.ts';
import type { ClockBase, JournalHeader } from '../journal/header.ts';
import type { Plan } from '../plan/plan.ts';
import type { Channel } from '../products/channel.ts';
import type { NodeAddress } from '../products/cluster.ts';
import type { BrokerAccess, Driver } from '../products/driver.ts';
import type { Product } from '../products/product.ts';
import { productOf } from '../products/registry.ts';
import { resolveSecrets } from '../profile/secrets.ts';
import type { RunFolder } from './folder/folder.ts';

export interface RunContext {
  readonly id: string;
  readonly plan: Plan;
  readonly folder: RunFolder;
  readonly product: Product;
  readonly driver: Driver;
  readonly clockBase: ClockBase;
  readonly clock: RunClock;
  /** What is audited. */
  readonly channel: Channel;
  /** What the drain's probe goes through. */
  readonly probeChannel: Channel;
  /** Names of the audited groups; their index is their number in the journals. */
  readonly groups: readonly string[];
  /** Where each group's failed messages go by its consumers' copies; empty where none are made. */
  readonly queues: readonly GroupQueues[];
  /** Name for whatever the independent reader may need on the broker; never audited. */
  readonly readerGroup: string;
  header(role: JournalHeader['role'], writer: string, producer?: number): JournalHeader;
  access(reached: Reached): BrokerAccess;
}

/** Where the brokers of a run are. */
export interface Reached {
  readonly bootstrap: readonly string[];
  readonly nodes: readonly NodeAddress[];
}

/** Channels on the broker that are a group's own. */
export interface GroupQueues {
  readonly retry: Channel;
  /** In which the group's consumers read it. */
  readonly retryGroup: string;
  /** Absent: after the last try a message is dropped. */
  readonly dead?: Channel;
}

/** @throws ToolError `secret-missing` (exit 2) when the environment lacks what the profile refers to. */
export async function newContext(plan: Plan, folder: RunFolder): Promise<RunContext> {
  const product = productOf(plan.cluster.broker);
  const driver = await product.driver();
  const id = `${plan.seed.toString(16).padStart(8, '0')}-${randomBytes(4).toString('hex')}`;
  const name = `mqchaos-${id}`;
  const groups = Array.from({ length: plan.consumers.groups }, (_, index) => `${name}-g${index + 1}`);
  const { redelivery } = plan.consumers;
  const byCopies = redelivery !== undefined && product.can.redelivery === 'copies';
  const queues = byCopies ? groups.map((group) => queuesOf(group, plan.topic, redelivery.deadLetter)) : [];
  const channel: Channel = {
    ...{ name, groups, ...plan.topic },
    ...(redelivery === undefined || byCopies ? {} : { redelivery }),
  };
  const base = newClockBase();
  const secrets = resolveSecrets(plan.cluster, process.env);
  return {
    id,
    plan,
    folder,
    product,
    driver,
    clockBase: base,
    clock: runClock(base),
    channel,
    probeChannel: { name: `${name}-probe`, groups: [`${name}-probe-g1`], ...plan.topic },
    groups,
    queues,
    readerGroup: `${name}-reader`,
    header: (role, writer, producer) => ({
      run: id,
      role,
      writer,
      ...(producer === undefined ? {} : { producer }),
      clock: base,
      topic: name,
      partitions: plan.topic.partitions ?? 0,
      groups,
      ...(redelivery && { redelivery: { attempts: redelivery.attempts, deadLetter: redelivery.deadLetter } }),
      ...(plan.consumers.command === undefined ? {} : { effects: 'reported' as const }),
      positions: driver.semantics.positions,
      client: driver.name,
    }),
    access: ({ bootstrap, nodes }) => ({
      ...{ bootstrap, nodes, cluster: plan.cluster, clientId: `mqchaos-${id}` },
      ...secrets,
    }),
  };
}

function queuesOf(group: string, topic: Plan['topic'], deadLetter: boolean): GroupQueues {
  const retry = `${group}-retry`;
  return {
    retry: { name: retry, groups: [retry], ...topic },
    retryGroup: retry,
    ...(deadLetter ? { dead: { name: `${group}-dead`, groups: [], ...topic } } : {}),
  };
}
