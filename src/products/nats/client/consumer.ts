/**
 * A member of a group that lasts as long as the run: one session after the other, each with a connection of its own. A
 * connection that is lost or falls silent ends its session; only a server that does not let us in is reported as failed.
 */
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { pause } from '../../../wait.ts';
import type { BrokerAccess, ConsumerClient, ConsumerOptions } from '../../driver.ts';
import { lastingConsumer } from '../../lasting-consumer.ts';
import { isDenied } from './connection.ts';
import { Session } from './session.ts';

const restartMs = 250;

export async function openConsumer(access: BrokerAccess, options: ConsumerOptions): Promise<ConsumerClient> {
  return lastingConsumer(options, {
    consume: async (handlers, joined, signal) => {
      for (let number = 0; !signal.aborted; number += 1) {
        const session = new Session(access, options, handlers, number);
        const failure = await session.run(joined, signal);
        if (isDenied(failure)) throw failure;
        await pause(restartMs, signal);
      }
    },
    refused: (error) => refused(error, options),
  });
}

function refused(error: unknown, { group }: ConsumerOptions): ToolError {
  return new ToolError(`the consumer of ${group} is not let in: ${messageOf(error)}`, {
    code: 'group-refused',
    hint: 'check cluster.login, and what this user may do ($JS.API.>, $JS.ACK.> and _INBOX.>)',
    cause: error,
    exitCode: exitCodes.setup,
  });
}
