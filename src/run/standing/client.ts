/** Gives an order to a running cluster: the newest one, or the one in a folder. */
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { whyNotOurs } from '../../cluster/ownership.ts';
import { markedRuns } from '../../cluster/undo.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import type { Answer, Order } from './control.ts';
import { standingFolder } from './folder.ts';

/**
 * The lines of the answer, as they come.
 * @throws ToolError of the cluster's own; `no-cluster` (exit 4) when none is running, or it ended in the middle.
 */
export async function* giveOrder(order: Order, folder: string | undefined): AsyncGenerator<Record<string, unknown>> {
  using socket = disposable(await reach(folder));
  socket.socket.write(`${JSON.stringify(order)}\n`);
  for await (const line of createInterface({ input: socket.socket })) {
    const said = JSON.parse(line) as Answer;
    if ('end' in said) return;
    const { error } = said as Extract<Answer, { error: unknown }>;
    if (error !== undefined) throw new ToolError(error.message, error);
    yield { ...said };
  }
  throw noCluster('the cluster ended before it answered');
}

async function reach(given: string | undefined): Promise<Socket> {
  for (const path of given === undefined ? newestFirst() : [standingFolder(given).socket]) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch {
      // one that is ending, or that ended without removing its socket
    }
  }
  throw noCluster(given === undefined ? 'no cluster is running' : `no cluster is running in ${given}`);
}

/** Clusters that living processes name, by the time at which they began to take orders. */
function newestFirst(): string[] {
  return markedRuns()
    .map((run) => standingFolder(run).socket)
    .filter((path) => existsSync(path) && whyNotOurs(path) === undefined)
    .map((path) => ({ path, sinceMs: statSync(path).ctimeMs }))
    .sort((a, b) => b.sinceMs - a.sinceMs)
    .map(({ path }) => path);
}

function disposable(socket: Socket): Disposable & { readonly socket: Socket } {
  return { socket, [Symbol.dispose]: () => socket.destroy() };
}

function noCluster(message: string): ToolError {
  return new ToolError(message, { code: 'no-cluster', hint: 'mqchaos broker start', exitCode: exitCodes.setup });
}
