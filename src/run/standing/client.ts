/** Gives an order to a running cluster: the only one, or the one in a folder. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { whyNotOurs } from '../../cluster/ownership.ts';
import { markedRuns } from '../../cluster/undo.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import { plain } from '../../report/plain.ts';
import type { Answer, Order } from './control.ts';
import { standingFolder } from './folder.ts';

export interface Reached extends Disposable {
  /** Of the cluster that takes the order. */
  readonly folder: string;
  readonly socket: Socket;
}

/**
 * @param given a cluster's folder; absent: the only cluster of this user.
 * @throws ToolError `no-cluster` (exit 4) when none is running; `several-clusters` (exit 2) when it would be a guess.
 */
export async function reach(given: string | undefined): Promise<Reached> {
  const reached: Reached[] = [];
  for (const run of given === undefined ? runningFolders() : [given]) {
    const { path, socket } = standingFolder(run);
    const open = await opened(socket);
    if (open !== undefined) reached.push({ folder: path, socket: open, [Symbol.dispose]: () => open.destroy() });
  }
  const [only, ...others] = reached;
  if (only === undefined) {
    throw noCluster(given === undefined ? 'no cluster is running' : `no cluster is running in ${given}`);
  }
  if (others.length === 0) return only;
  for (const each of reached) each[Symbol.dispose]();
  throw new ToolError(`${reached.length} clusters are running: ${reached.map(({ folder }) => folder).join(', ')}`, {
    code: 'several-clusters',
    hint: `say which one, such as --folder ${only.folder}`,
  });
}

/**
 * The lines of the answer, as they come. Whoever wrote them, they hold nothing that acts on a terminal.
 * @throws ToolError of the cluster's own; `no-cluster` (exit 4) when it ended in the middle.
 */
export async function* giveOrder(order: Order, { socket }: Reached): AsyncGenerator<Record<string, unknown>> {
  socket.write(`${JSON.stringify(order)}\n`);
  for await (const line of createInterface({ input: socket })) {
    const said = JSON.parse(line, (_, value: unknown) => (typeof value === 'string' ? plain(value) : value)) as Answer;
    if ('end' in said) return;
    const { error } = said as Extract<Answer, { error: unknown }>;
    if (error !== undefined) throw new ToolError(error.message, error);
    yield { ...said };
  }
  throw noCluster('the cluster ended before it answered');
}

/** Undefined: nobody listens. The cluster is ending, or it ended without removing its socket. */
export async function opened(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined;
  }
}

/** Folders of clusters that living processes name. */
function runningFolders(): string[] {
  return markedRuns().filter((run) => {
    const { socket } = standingFolder(run);
    return existsSync(socket) && whyNotOurs(socket) === undefined;
  });
}

function noCluster(message: string): ToolError {
  return new ToolError(message, { code: 'no-cluster', hint: 'mqchaos broker start', exitCode: exitCodes.setup });
}
