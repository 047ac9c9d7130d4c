/** A consumer of a group's queue that lasts as long as the run: when a session ends, for whatever reason, a new one begins. */
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { pause } from '../../../wait.ts';
import type { BrokerAccess, ConsumerClient, ConsumerOptions } from '../../driver.ts';
import { lastingConsumer } from '../../lasting-consumer.ts';
import { firstPlace } from './connection.ts';
import { Session } from './session.ts';

const restartMs = 200;
/** For a batch in hand when the consumer is closed. */
const graceMs = 2_000;

export async function openConsumer(access: BrokerAccess, options: ConsumerOptions): Promise<ConsumerClient> {
  return lastingConsumer(options, {
    consume: async (handlers, joined, signal) => {
      for (let first = firstPlace(); !signal.aborted; first += 1) {
        const session = new Session(access, options, handlers);
        const stop = (): void => void session.close(graceMs);
        signal.addEventListener('abort', stop, { once: true });
        const end = await session.run(first, joined, signal);
        signal.removeEventListener('abort', stop);
        await session.close(graceMs);
        if (!signal.aborted && isFinal(end)) throw end;
        await pause(restartMs, signal);
      }
    },
    refused: (error) => refused(error, options),
  });
}

/** What is the same however often one tries: no right to it, no such virtual host, a queue of that name that is another. */
function isFinal({ message }: Error): boolean {
  return /ACCESS_REFUSED|NOT_ALLOWED - vhost .* not found|PRECONDITION_FAILED - inequivalent arg/.test(message);
}

function refused(error: unknown, { group }: ConsumerOptions): ToolError {
  return new ToolError(`the consumer cannot have the queue ${group}: ${messageOf(error)}`, {
    code: 'group-refused',
    hint: 'check what this user may do in the virtual host, and whether a policy or another program made this queue',
    cause: error,
    exitCode: exitCodes.setup,
  });
}
