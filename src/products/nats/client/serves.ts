/**
 * Whether a server serves: its own `/healthz` says ok once JetStream runs, and in a cluster once the server has caught up
 * with every stream and consumer that it is a member of.
 *
 * Two exceptions, in which `/healthz` never says ok and waiting for it would be in vain. Without a majority no server of a
 * cluster is ok: then those that do run are as ready as they can be. And a replicated consumer that was never used counts
 * as "not current" for ever once its server was started again (2.9.10: raft.isCurrent wants a commit, and there is none).
 */
import { get } from 'node:http';
import type { NodeAddress } from '../../cluster.ts';
import type { BrokerAccess } from '../../driver.ts';

const askMs = 1_000;
const roundMs = 700;

export async function serves(
  node: NodeAddress,
  { nodes }: BrokerAccess,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const own = await health(node, '', askMs);
  if (own === undefined) return undefined;
  if (own.status === 'ok') return { healthz: 'ok' };
  if (/consumer .* is not current/.test(own.error ?? '')) return { healthz: own.error };
  if (!/meta leader/.test(own.error ?? '')) return undefined;
  const all = nodes.filter(({ role }) => role === 'node');
  const answers = await Promise.all(all.map((one) => health(one, '?js-enabled-only=true', roundMs)));
  const running = answers.filter((answer) => answer?.status === 'ok').length;
  if (running > all.length / 2) return undefined;
  return { healthz: own.error, running: `${running} of ${all.length}, which is no majority` };
}

interface Health {
  readonly status?: string;
  readonly error?: string;
}

/** Undefined: no answer. One with status 503 is an answer, too. */
function health({ addresses }: NodeAddress, query: string, deadlineMs: number): Promise<Health | undefined> {
  return new Promise((resolve) => {
    const asked = get(`http://${addresses?.http}/healthz${query}`, { agent: false, timeout: deadlineMs });
    const timer = setTimeout(() => asked.destroy(), deadlineMs);
    asked.once('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
    // whatever it is: the server does not answer now, and is asked again; `close` follows
    asked.on('error', () => undefined);
    asked.on('response', (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      answer.on('end', () => resolve(parsed(body)));
    });
  });
}

function parsed(body: string): Health | undefined {
  try {
    return JSON.parse(body) as Health;
  } catch {
    return undefined; // cut off: asked again
  }
}
