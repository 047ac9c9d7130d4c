/** Whether a node of ours serves, asked now. */
import { rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { noAbort, pause } from '../../../wait.ts';
import type { NodeAddress } from '../../cluster.ts';
import type { BrokerAccess } from '../../driver.ts';
import { rejoinedFile } from '../scripts.ts';
import { connectTo } from './connection.ts';
import { joinQueues } from './operator.ts';

type Evidence = Readonly<Record<string, unknown>>;

const askMs = 1_500;
const joinLookMs = 300;
/** Nodes that lost their disk and are being made members of the quorum queues again, by each such loss. */
const joining = new Map<string, Promise<Evidence | undefined>>();

/** A broker serves when it lets a client in, and, where it came back without its disk, has its copies again. */
export async function serves(node: NodeAddress, access: BrokerAccess): Promise<Evidence | undefined> {
  if (node.address === undefined) return answers(node.addresses?.epmd ?? '');
  const connection = await connectTo(node.address, access, noAbort, askMs).catch(() => undefined);
  if (connection === undefined) return undefined;
  const { version } = connection.server;
  void connection.close();
  const joined = await rejoined(node);
  return joined === undefined ? undefined : { address: node.address, version, ...joined };
}

/** Undefined until it is a member everywhere. The file stays until that has been told: it is told, and once. */
async function rejoined(node: NodeAddress): Promise<Evidence | undefined> {
  const file = join(node.folder ?? '', rejoinedFile);
  const noted = node.folder === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
  if (noted === undefined) return {};
  const loss = `${file} ${noted.mtimeMs}`; // a node may lose its disk more than once
  const running = joining.get(loss) ?? becomeMember(node, loss);
  const joined = await Promise.race([running, pause(joinLookMs, noAbort)]);
  if (joined === undefined) return undefined;
  rmSync(file, { force: true });
  joining.delete(loss);
  return joined;
}

/** Tried again by the next who asks when it fails. */
function becomeMember(node: NodeAddress, loss: string): Promise<Evidence | undefined> {
  const member = joinQueues(node, noAbort).then(
    (joinedQueues): Evidence => ({ joinedQueues }),
    () => {
      joining.delete(loss);
      return undefined;
    },
  );
  joining.set(loss, member);
  return member;
}

function answers(address: string): Promise<Evidence | undefined> {
  const colon = address.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), timeout: askMs });
    const end = (evidence: Evidence | undefined) => () => {
      socket.destroy();
      resolve(evidence);
    };
    socket.once('connect', end({ address })).once('error', end(undefined)).once('timeout', end(undefined));
  });
}
