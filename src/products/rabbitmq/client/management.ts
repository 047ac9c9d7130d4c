/**
 * What the management plugin of an attached cluster tells of queues. Its numbers are up to five seconds old, and of a
 * quorum queue up to five more; so a zero counts once it has stood for longer than that.
 */

import { within } from '../../../wait.ts';
import type { Login } from '../../cluster.ts';

export const staleMs = 12_000;

export interface ManagedQueue {
  readonly ready: number;
  readonly unsettled: number;
  /** Nodes with a copy that do not serve it. */
  readonly offline: readonly string[];
}

const askMs = 5_000;

/** Undefined: there is no such queue. @throws Error when the plugin does not answer, or does not know the numbers. */
export async function askManagement(
  url: string,
  login: Login | undefined,
  vhost: string,
  queue: string,
  signal: AbortSignal,
): Promise<ManagedQueue | undefined> {
  const { username, password } = login ?? { username: 'guest', password: 'guest' };
  const path = `${url.replace(/\/$/, '')}/api/queues/${encodeURIComponent(vhost)}/${encodeURIComponent(queue)}`;
  const headers = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  const asking = fetch(path, { headers }).then(async (response) => {
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`the management plugin answers ${response.status}`);
    return (await response.json()) as Record<string, unknown>;
  });
  const said = await within(asking, { what: 'management plugin', boundMs: askMs, signal });
  if (said === undefined) return undefined;
  const { messages_ready: ready, messages_unacknowledged: unsettled, state } = said;
  if (typeof ready !== 'number' || typeof unsettled !== 'number' || state !== 'running') {
    throw new Error(`the management plugin does not know how many messages ${queue} holds`);
  }
  const members = Array.isArray(said.members) ? (said.members as string[]) : [];
  const online = Array.isArray(said.online) ? (said.online as string[]) : members;
  return { ready, unsettled, offline: members.filter((member) => !online.includes(member)) };
}
