/**
 * A consumer of a group that lasts as long as the run: each thing that goes wrong ends a session, and a new one is begun
 * with new connections, at whatever server is the primary then. Its name in the group stays.
 */
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { pause } from '../../../wait.ts';
import type { BrokerAccess, ConsumerClient, ConsumerOptions } from '../../driver.ts';
import { lastingConsumer } from '../../lasting-consumer.ts';
import { isReply } from './link.ts';
import { isDenied } from './servers.ts';
import { GroupSession } from './session.ts';

const restartDelayMs = 100;
let consumers = 0;

export async function openConsumer(access: BrokerAccess, options: ConsumerOptions): Promise<ConsumerClient> {
  const name = `${access.clientId}-${process.pid}-${++consumers}`;
  return lastingConsumer(options, {
    consume: async (handlers, joined, signal) => {
      while (!signal.aborted) {
        const session = new GroupSession(access, options, handlers, name);
        const stop = (): void => void session.close();
        signal.addEventListener('abort', stop, { once: true });
        const crash = await session.run(joined);
        signal.removeEventListener('abort', stop);
        await session.close();
        if (crash !== undefined && isFinal(crash)) throw crash;
        await pause(restartDelayMs, signal);
      }
    },
    refused: (error) => setupError(error, options),
  });
}

/** The same however often one tries. */
function isFinal(error: Error): boolean {
  return isDenied(error) || (isReply(error) && /^(WRONGTYPE|CROSSSLOT|MOVED)\b/.test(error.message));
}

function setupError(error: unknown, { group }: ConsumerOptions): ToolError {
  return new ToolError(`the consumer cannot read as the group ${group}: ${messageOf(error)}`, {
    code: 'group-refused',
    hint: 'check what this user may do with the streams, and that the server is no Redis Cluster',
    cause: error,
    exitCode: exitCodes.setup,
  });
}
