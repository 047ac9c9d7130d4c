/** Brings a container back that faults have ended, paused or cut off, whatever of it is amiss by now. */
import { noAbort, poll } from '../../wait.ts';
import { servesAt } from '../answers.ts';
import type { Evidence } from '../controls.ts';
import type { LedgerEntry } from '../undo/ledger.ts';
import type { Container } from './container.ts';
import { Engine, isGone } from './engine.ts';
import { reconnect } from './networks.ts';

const serveBoundMs = 60_000;
/** An order that was under way when the tool died may still be carried out. */
const steadyMs = 3000;
const everyMs = 200;

/** What was done, in words. @throws Error when it could not be brought back. */
export async function bringBack(entry: LedgerEntry & { readonly kind: 'container' }): Promise<string> {
  const { node, container, address, connections, takesMs } = entry;
  const engine = new Engine(entry.engine);
  const done = new Set<string>();
  const mend = async (): Promise<true | undefined> => {
    const now = await engine.inspect(container.id);
    if (now.status === 'paused') {
      await engine.order(['unpause', container.id]);
      done.add('unpaused');
    }
    if (connections.some(({ network }) => now.connections.every((each) => each.network !== network))) {
      await reconnect(engine, container.id, connections);
      done.add('connected again');
    }
    if (now.pid === 0) {
      await restart(engine, container.id, address);
      done.add('started again');
      return true;
    }
    return undefined;
  };
  try {
    await poll(mend, { everyMs, boundMs: steadyMs + takesMs, signal: noAbort });
  } catch (error) {
    if (isGone(error)) return `${node}: the container ${container.name} is gone`;
    throw error;
  }
  const what = done.size === 0 ? 'is as it was' : [...done].join(', ');
  return `${node}: the container ${container.name} ${what}`;
}

/**
 * Starts a container, and waits until it serves. One that runs already is left as it is.
 * @throws Error when it ends again at once, or does not answer within a minute.
 */
export async function restart(engine: Engine, id: string, address: string): Promise<Evidence> {
  const before = await engine.inspect(id);
  const ran = before.pid !== 0;
  if (!ran) await engine.order(['start', id]);
  const look = async (): Promise<Container | undefined> => {
    const now = await engine.inspect(id);
    if (now.pid !== 0) return (await servesAt(address)) ? now : undefined;
    throw new Error(`${now.name} ended at once, with exit code ${now.exitCode}: docker logs ${now.name}`);
  };
  const now = await poll(look, { everyMs, boundMs: serveBoundMs, signal: noAbort });
  if (now === undefined)
    throw new Error(`${address} does not answer ${serveBoundMs} ms after ${before.name} was started`);
  if (!ran && now.startedAt === before.startedAt)
    throw new Error(`${now.name} runs since ${now.startedAt}: not started anew`);
  const { name, status, pid, startedAt } = now;
  return { container: name, ...(ran ? { ran } : {}), status, pid, startedAt, address, answers: true };
}
