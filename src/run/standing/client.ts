/** Gives an order to a running cluster or link: the only one, or the one in a folder. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { whyNotOurs } from '../../cluster/undo/ownership.ts';
import { markedRuns } from '../../cluster/undo/undo.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import { plain } from '../../report/words/plain.ts';
import type { Answer, Order } from './control.ts';
import { type StandingKind, standingFolder } from './folder.ts';

export interface Reached extends Disposable {
  readonly kind: StandingKind;
  /** Of whoever takes the order. */
  readonly folder: string;
  readonly socket: Socket;
}

/**
 * @param given the folder of one; absent: the only one of this user.
 * @throws ToolError `no-cluster`, `no-link` (exit 4) when none is running; `several-clusters`, `several-links` (exit 2) when
 * it would be a guess.
 */
export async function reach(kind: StandingKind, given: string | undefined): Promise<Reached> {
  const reached: Reached[] = [];
  for (const run of given === undefined ? runningFolders(kind) : [given]) {
    const { path, socket } = standingFolder(run, false, kind);
    const open = await opened(socket);
    if (open !== undefined) reached.push({ kind, folder: path, socket: open, [Symbol.dispose]: () => open.destroy() });
  }
  const [only, ...others] = reached;
  if (only === undefined) {
    throw none(kind, given === undefined ? `no ${kind.what} is running` : `no ${kind.what} is running in ${given}`);
  }
  if (others.length === 0) return only;
  for (const each of reached) each[Symbol.dispose]();
  throw new ToolError(
    `${reached.length} ${kind.what}s are running: ${reached.map(({ folder }) => folder).join(', ')}`,
    {
      code: `several-${kind.what}s`,
      hint: `say which one, such as --folder ${only.folder}`,
    },
  );
}

/**
 * The lines of the answer, as they come. Whoever wrote them, they hold nothing that acts on a terminal.
 * @throws ToolError of its own; `no-cluster`, `no-link` (exit 4) when it ended in the middle.
 */
export async function* giveOrder(order: Order, { socket, kind }: Reached): AsyncGenerator<Record<string, unknown>> {
  socket.write(`${JSON.stringify(order)}\n`);
  for await (const line of createInterface({ input: socket })) {
    const said = JSON.parse(line, (_, value: unknown) => (typeof value === 'string' ? plain(value) : value)) as Answer;
    if ('end' in said) return;
    const { error } = said as Extract<Answer, { error: unknown }>;
    if (error !== undefined) throw new ToolError(error.message, error);
    yield { ...said };
  }
  throw none(kind, `the ${kind.what} ended before it answered`);
}

/** Undefined: nobody listens. It is ending, or it ended without removing its socket. */
export async function opened(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined;
  }
}

/** Folders that living processes name. */
function runningFolders(kind: StandingKind): string[] {
  return markedRuns().filter((run) => {
    const { socket } = standingFolder(run, false, kind);
    return existsSync(socket) && whyNotOurs(socket) === undefined;
  });
}

function none({ what, start }: StandingKind, message: string): ToolError {
  return new ToolError(message, { code: `no-${what}`, hint: start, exitCode: exitCodes.setup });
}
