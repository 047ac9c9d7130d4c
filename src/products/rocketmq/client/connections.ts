/** Connections of one client, one an address, opened when needed and opened anew when lost. */

import { type BrokerAccess, pastLink } from '../../driver.ts';
import { nameOf, success } from './codes.ts';
import { Connection, NoAnswer } from './connection.ts';
import type { Answer, Fields } from './frame.ts';

const connectMs = 2_000;
/** A broker on a busy machine takes seconds to answer anything at all. */
const askMs = 10_000;

export interface Asking {
  readonly body?: Uint8Array;
  /** Default 10 s; connecting has 2 s of its own. */
  readonly deadlineMs?: number;
}

/** An answer that is not SUCCESS, where only that will do. */
export class Refused extends Error {
  readonly code: number;

  constructor({ code, remark }: Answer, what: string) {
    // a Java stack trace has many lines, of which the first says it
    super(`${what}: ${nameOf(code)} ${remark.split('\n')[0]?.slice(0, 160) ?? ''}`.trimEnd());
    this.name = 'Refused';
    this.code = code;
  }
}

export class Connections {
  readonly #open = new Map<string, Promise<Connection>>();
  readonly #access: Pick<BrokerAccess, 'nodes'>;
  #closed = false;

  /** @param access says which addresses have a link before them that is to be gone past. */
  constructor(access: Pick<BrokerAccess, 'nodes'> = { nodes: [] }) {
    this.#access = access;
  }

  async to(address: string): Promise<Connection> {
    if (this.#closed) throw new NoAnswer('not-connected', false, 'this client was closed');
    const known = this.#open.get(address);
    if (known !== undefined) {
      const connection = await known;
      if (!connection.ended) return connection;
      if (this.#open.get(address) === known) this.#open.delete(address);
      return this.to(address);
    }
    const opening = Connection.open(pastLink(this.#access, address), connectMs);
    this.#open.set(address, opening);
    try {
      const connection = await opening;
      if (this.#closed) connection.end();
      return connection;
    } catch (error) {
      if (this.#open.get(address) === opening) this.#open.delete(address);
      throw error;
    }
  }

  /** Any answer. Rejects with a NoAnswer. */
  async ask(address: string, code: number, fields: Fields, { body, deadlineMs = askMs }: Asking = {}): Promise<Answer> {
    const connection = await this.to(address);
    return connection.ask(code, fields, { ...(body === undefined ? {} : { body }), deadlineMs });
  }

  /** Only SUCCESS: anything else is thrown as Refused. */
  async demand(address: string, code: number, fields: Fields, what: string, asking?: Asking): Promise<Answer> {
    const answer = await this.ask(address, code, fields, asking);
    if (answer.code !== success) throw new Refused(answer, what);
    return answer;
  }

  /** Ends what is open to an address: whoever is silent there may never speak again. */
  drop(address: string): void {
    this.#open.get(address)?.then(
      (connection) => connection.end(),
      () => undefined, // it never was open
    );
    this.#open.delete(address);
  }

  close(): void {
    this.#closed = true;
    for (const opening of this.#open.values()) {
      opening.then(
        (connection) => connection.end(),
        () => undefined, // it never was open
      );
    }
    this.#open.clear();
  }
}
