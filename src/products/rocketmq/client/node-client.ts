/**
 * rocketmq-client-nodejs, loaded when a profile asks for its clients. What it prints goes nowhere: its PushConsumer
 * would open a log in the user's home even when it is given a logger. Its promises may never settle, `startup()` among them:
 * the proxy's settings may come before anything waits for them.
 */
import { createRequire } from 'node:module';
import type { ConsumeResult, MessageView, Producer, PushConsumer, SimpleConsumer } from 'rocketmq-client-nodejs';
import { noAbort, within } from '../../../wait.ts';
import type { BrokerAccess, IncomingMessage } from '../../driver.ts';
import type { RocketmqPlan } from '../settings.ts';
import { partitionProperty } from './producer.ts';
import type { Queue } from './queues.ts';

export interface NodeLibrary {
  readonly Producer: typeof Producer;
  readonly SimpleConsumer: typeof SimpleConsumer;
  readonly PushConsumer: typeof PushConsumer;
  readonly ConsumeResult: typeof ConsumeResult;
}

const startupMs = 5_000;
const shutdownMs = 2_000;

export const silent = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} } as never;

export function loadLibrary(): NodeLibrary {
  const require = createRequire(import.meta.url);
  const logger = require('rocketmq-client-nodejs/dist/client/Logger.js') as { getDefaultLogger: () => unknown };
  logger.getDefaultLogger = () => silent;
  return require('rocketmq-client-nodejs') as NodeLibrary;
}

interface Client {
  startup(): Promise<unknown>;
  shutdown(): Promise<unknown>;
}

export async function startUp(client: Client, signal: AbortSignal): Promise<void> {
  try {
    await within(client.startup(), { what: 'start of the client', boundMs: startupMs, signal });
  } catch (error) {
    void shutDown(client);
    throw error;
  }
}

/** Ends within the time, whatever the library does. */
export async function shutDown(client: Client): Promise<void> {
  await within(Promise.resolve(client.shutdown()), {
    what: 'end of the client',
    boundMs: shutdownMs,
    signal: noAbort,
  }).catch(() => undefined);
}

/** Where the proxy listens. */
export function endpoints({ nodes, cluster }: BrokerAccess): string {
  const ours = nodes.filter(({ role }) => role === 'proxy').flatMap(({ address }) => address ?? []);
  return (ours.length > 0 ? ours : ((cluster as RocketmqPlan).proxy ?? [])).join(';');
}

/** The proxy's receipt names where a message came from: `… · 0 topic, 1 or 2 retry topic · set · queue · offset · …`. */
export function incomingOf(view: MessageView, queues: readonly Queue[]): IncomingMessage {
  const [, , , , kind, set, queue, offset] = view.receiptHandle.split(' ');
  const attempt = view.deliveryAttempt ?? 1;
  const inPlace = kind === '0';
  const at = queues.findIndex((each) => each.set === set && String(each.queue) === queue);
  const claimed = view.properties.get(partitionProperty);
  const partition = inPlace && at >= 0 ? at : claimed === undefined ? undefined : Number(claimed);
  const position = Number(offset);
  return {
    value: view.body,
    ...(partition === undefined ? {} : { partition }),
    ...(inPlace && Number.isSafeInteger(position) ? { position } : {}),
    redelivered: attempt > 1,
    attempt,
  };
}
