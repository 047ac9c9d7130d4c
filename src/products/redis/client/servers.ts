/** The servers that are known, with a connection each for single questions. Every question is asked now. */
import { messageOf } from '../../../errors.ts';
import { throwIfAborted } from '../../../wait.ts';
import type { BrokerAccess } from '../../driver.ts';
import { codeOf, isReply, type Link, openLink, type Word } from './link.ts';
import { primaryAmong, readReplication, type ServerFacts } from './replication.ts';

/** A server that does not answer in this time does not count when the primary is looked for. */
const factsMs = 500;

export class Servers implements Disposable {
  /** Names by address. */
  readonly known: ReadonlyMap<string, string>;
  readonly #access: BrokerAccess;
  readonly #closing = new AbortController();
  readonly #links = new Map<string, Promise<Link>>();

  constructor(access: BrokerAccess) {
    this.#access = access;
    const named = access.nodes.flatMap(({ id, address }): [string, string][] =>
      address === undefined ? [] : [[address, id]],
    );
    const given = access.bootstrap.map((address): [string, string] => [address, address]);
    // those of the run have names, and their order tells who was the first primary
    this.known = new Map([...named, ...given.filter(([address]) => !named.some(([other]) => other === address))]);
  }

  get addresses(): readonly string[] {
    return [...this.known.keys()];
  }

  /** The present primary. @throws Error saying what each server said, when none is one. */
  async primary(signal?: AbortSignal): Promise<ServerFacts> {
    const said: string[] = [];
    const refusals: unknown[] = [];
    const asked = this.addresses.map(async (address): Promise<ServerFacts[]> => {
      try {
        const facts = await this.facts(address, signal);
        said.push(`${address} is a ${facts.role === 'slave' ? 'replica' : facts.role}`);
        return [facts];
      } catch (error) {
        said.push(`${address}: ${messageOf(error)}`);
        refusals.push(error);
        return [];
      }
    });
    const primary = primaryAmong((await Promise.all(asked)).flat());
    throwIfAborted(signal);
    if (primary === undefined) throw new NoPrimaryError(said.join('; '), refusals.some(isDenied));
    return primary;
  }

  async facts(address: string, signal?: AbortSignal): Promise<ServerFacts> {
    return readReplication(address, String(await this.ask(address, ['INFO', 'replication'], factsMs, signal)));
  }

  async ask(
    address: string,
    command: readonly [string, ...Word[]],
    deadlineMs: number,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const link = await this.#link(address, deadlineMs, signal);
    return link.ask(command, deadlineMs, signal);
  }

  async askBytes(
    address: string,
    command: readonly [string, ...Word[]],
    deadlineMs: number,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const link = await this.#link(address, deadlineMs, signal);
    return link.askBytes(command, deadlineMs, signal);
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    for (const opening of this.#links.values()) {
      void opening.then(
        (link) => link.end(),
        () => undefined, // it never came to be
      );
    }
    this.#links.clear();
  }

  async #link(address: string, deadlineMs: number, signal?: AbortSignal): Promise<Link> {
    while (true) {
      const held = this.#links.get(address);
      if (held === undefined) break;
      const link = await held.catch(() => undefined);
      if (link?.open === true) return link;
      if (this.#links.get(address) === held) this.#links.delete(address); // else somebody was quicker
    }
    throwIfAborted(this.#closing.signal);
    const opening = openLink(this.#access, address, { deadlineMs, ...(signal === undefined ? {} : { signal }) });
    this.#links.set(address, opening);
    return opening;
  }
}

export class NoPrimaryError extends Error {
  /** Some server would not let us ask. */
  readonly denied: boolean;

  constructor(said: string, denied: boolean) {
    super(`no server is the primary: ${said}`);
    this.name = 'NoPrimaryError';
    this.denied = denied;
  }
}

const denials = ['NOAUTH', 'WRONGPASS', 'NOPERM', 'DENIED'];

/** The server does not let us in, or not do this: the same however often one tries. */
export function isDenied(error: unknown): boolean {
  if (error instanceof NoPrimaryError) return error.denied;
  return isReply(error) && denials.includes(codeOf(error));
}
