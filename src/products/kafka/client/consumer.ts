/**
 * A member of a consumer group that lasts as long as the run. kafkajs's consumer gives up on some errors, restarts
 * itself with what it remembers on others, and can fall silent; so each crash, and each silence, ends that session and
 * starts a new one with a new client. Only what no waiting can mend is reported as failed.
 */
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { pause } from '../../../wait.ts';
import type { BrokerAccess, ConsumerClient, ConsumerOptions } from '../../driver.ts';
import { lastingConsumer } from '../../lasting-consumer.ts';
import { GroupSession } from './session.ts';

const restartDelayMs = 250;
const checkMs = 500;
/** A session without any sign of life for this many session timeouts is dead, and at least for this long. */
const silentSessions = 3;
const silentMs = 10_000;

export async function openConsumer(access: BrokerAccess, options: ConsumerOptions): Promise<ConsumerClient> {
  return lastingConsumer(options, {
    consume: async (handlers, joined, signal) => {
      while (!signal.aborted) {
        const session = new GroupSession(access, options, handlers, joined);
        const crash = await watch(session, options, signal);
        await session.close();
        if (crash !== undefined && isFinal(crash)) throw crash;
        await pause(restartDelayMs, signal);
      }
    },
    refused: (error) => setupError(error, options),
  });
}

/** Until the session crashed, fell silent or is to be closed. */
async function watch(
  session: GroupSession,
  { sessionTimeoutMs }: ConsumerOptions,
  signal: AbortSignal,
): Promise<Error | undefined> {
  const silent = Math.max(silentMs, silentSessions * sessionTimeoutMs);
  let crash: Error | undefined;
  const crashed = new AbortController();
  void session.run().then((error) => {
    crash = error;
    crashed.abort();
  });
  const either = AbortSignal.any([signal, crashed.signal]);
  while (!either.aborted && session.silentForMs() < silent) await pause(checkMs, either);
  return crash;
}

/** Errors of the group protocol that are the same however often one tries. */
const finalTypes = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_GROUP_ID',
  'INVALID_TOPIC_EXCEPTION',
  'INCONSISTENT_GROUP_PROTOCOL',
  'GROUP_MAX_SIZE_REACHED',
]);

function isFinal(error: Error): boolean {
  return finalTypes.has(typeOf(error)) || chain(error).some(({ name }) => name === 'KafkaJSSASLAuthenticationError');
}

function typeOf(error: unknown): string {
  for (const cause of chain(error)) {
    const { type } = cause as { type?: unknown };
    if (typeof type === 'string') return type;
  }
  return '';
}

function chain(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let next = error; next instanceof Error && causes.length < 8; next = next.cause) causes.push(next);
  return causes;
}

function setupError(error: unknown, { group, sessionTimeoutMs }: ConsumerOptions): ToolError {
  const type = typeOf(error);
  const hint =
    type === 'INVALID_SESSION_TIMEOUT'
      ? `${sessionTimeoutMs} ms is outside of the broker's group.min.session.timeout.ms (6 s unless configured) and group.max.session.timeout.ms: change consumers.sessionTimeout or the broker`
      : 'check what this user may do with the topic and the group';
  return new ToolError(`the consumer cannot join the group ${group}: ${type || messageOf(error)}`, {
    code: 'group-refused',
    hint,
    cause: error,
    exitCode: exitCodes.setup,
  });
}
