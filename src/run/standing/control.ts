/**
 * Orders to a cluster or a link that stands on its own, from other processes of the same user: a unix socket in its folder, one
 * JSON object a line each way. The last line of an answer has `end` or `error`.
 */
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type ExitCode, exitCodes, messageOf, ToolError } from '../../errors.ts';
import type { Injected, StandingFaults } from './faults.ts';
import type { FaultOrder } from './order.ts';

/** What takes orders: a cluster or a link. */
export interface Standing {
  readonly folder: { readonly socket: string };
  readonly status: object;
  /** What only its processes know; beside the status. */
  overview?(): Promise<object>;
  readonly faults: StandingFaults;
  /** @throws ToolError as `readOrder` and `StandingFaults.inject` do. */
  inject(order: FaultOrder): Promise<Injected>;
}

export type Order =
  | { readonly order: 'status' }
  | ({ readonly order: 'fault' } & FaultOrder)
  | { readonly order: 'heal'; readonly which: string };

export type Answer =
  | Readonly<Record<string, unknown>>
  | { readonly end: true }
  | { readonly error: { message: string; code: string; hint?: string; exitCode: ExitCode } };

/** Takes orders until it is disposed of. */
export class Control implements AsyncDisposable {
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(standing: Standing) {
    this.#server = createServer((socket) => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
      const lines = createInterface({ input: socket });
      lines.on('line', (line) => void answer(standing, line, socket));
      // who gave the order is gone; its lines tell the same error once more
      socket.on('error', () => {});
      lines.on('error', () => {});
    });
  }

  static async open(standing: Standing): Promise<Control> {
    const control = new Control(standing);
    control.#server.listen(standing.folder.socket);
    await once(control.#server, 'listening');
    chmodSync(standing.folder.socket, 0o600);
    return control;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Never rejects: what went wrong is the answer. */
async function answer(standing: Standing, line: string, socket: Socket): Promise<void> {
  const say = (said: Answer): void => void socket.write(`${JSON.stringify(said)}\n`);
  try {
    await obey(standing, JSON.parse(line) as Order, say);
    say({ end: true });
  } catch (error) {
    say({ error: described(error) });
  }
}

async function obey(standing: Standing, order: Order, say: (said: Answer) => void): Promise<void> {
  switch (order.order) {
    case 'status':
      return say({ ...standing.status, ...(await standing.overview?.()) });
    case 'heal':
      return say({ healed: await standing.faults.heal(order.which) });
    case 'fault': {
      const { healed, ...injected } = await standing.inject(order);
      say({ injected });
      if (healed === undefined) return;
      const { evidence, ...missed } = await healed;
      say({ healed: evidence, ...missed });
    }
  }
}

function described(error: unknown): Extract<Answer, { error: unknown }>['error'] {
  if (!(error instanceof ToolError))
    return { message: messageOf(error), code: 'internal', exitCode: exitCodes.internal };
  const { message, code, hint, exitCode } = error;
  return { message, code, exitCode, ...(hint === undefined ? {} : { hint }) };
}
