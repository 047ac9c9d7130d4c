/** What stores that are reached by URL have in common. */
import { messageOf, ToolError } from '../../errors.ts';
import type { StoreAccess } from '../access.ts';
import type { ConnectTrouble } from '../connection.ts';
import type { StoreRequest } from './store.ts';

/** @throws ToolError `store-url` (exit 2) when a store is to be used and nobody said where it is. */
export function needAccess(name: string, { access }: Pick<StoreRequest, 'access'>): StoreAccess {
  if (access !== undefined) return access;
  throw new ToolError(`${name} needs the URL of the store`, {
    code: 'store-url',
    hint: `url: \${NAME}, the name of an environment variable that holds ${name}://user:password@host/…`,
  });
}

/** Trouble that a store which is being started again makes too, so that it is outlasted. */
export function unreachable(error: unknown): ConnectTrouble {
  const { code } = error as { code?: unknown };
  return {
    code: 'store-unreachable',
    // an AggregateError (localhost has two addresses) has no message of its own
    text: `cannot be reached: ${messageOf(error) || String(code ?? 'no reason given')}`,
    hint:
      code === 'ENOTFOUND'
        ? 'is the host in the URL right?'
        : 'is it running there, and are host and port in the URL right?',
    passing: true,
  };
}
