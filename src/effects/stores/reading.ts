/** A query of the user's own, to a store that mqchaos is a guest of: it only reads, and every wait has a bound. */
import { messageOf } from '../../errors.ts';
import { noAbort, within } from '../../wait.ts';
import { type Bounds, defaultBounds, type Wire } from '../connection.ts';
import { StoreTrouble } from '../trouble.ts';
import type { Row } from './store.ts';

/** The store does not carry out the query, or broke it off. The message holds no secret. */
export class QueryRefused extends Error {
  override readonly name = 'QueryRefused';
  /** Of the query, from 1; undefined: it does not say. */
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

/** Of one connection; a user waits for it. */
export const readingBounds: Bounds = { ...defaultBounds, connectMs: 10_000 };
/** A query may count millions of rows before the first one comes. */
const pageBoundMs = 600_000;

/**
 * @param pages of rows, by a client in a transaction that only reads.
 * @param lineOf where in the query an error is.
 */
export async function* readRows<Client>(
  wire: Wire<Client>,
  pages: (client: Client) => AsyncIterable<readonly Row[]>,
  lineOf: (error: unknown) => number | undefined,
): AsyncGenerator<readonly Row[]> {
  const client = await connected(wire);
  try {
    const iterator = pages(client)[Symbol.asyncIterator]();
    for (;;) {
      const next = await within(iterator.next(), { boundMs: pageBoundMs, signal: noAbort, what: 'the query' });
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    throw new QueryRefused(`${wire.place}: ${wire.mask(messageOf(error))}`, lineOf(error));
  } finally {
    wire.discard(client);
  }
}

async function connected<Client>(wire: Wire<Client>): Promise<Client> {
  const connecting = wire.connect(() => {});
  try {
    return await within(connecting, { boundMs: readingBounds.connectMs, signal: noAbort, what: 'the connection' });
  } catch (error) {
    connecting.then(
      (client) => wire.discard(client),
      () => {}, // it failed, and `error` says how
    );
    const { code, text, hint } = wire.judgeConnect(error);
    throw new StoreTrouble(`${wire.place}: ${wire.mask(text)}`, { code, hint, effect: 'none' });
  }
}
