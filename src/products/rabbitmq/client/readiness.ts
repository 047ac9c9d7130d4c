/** Whether a node of ours serves, asked now. */
import { existsSync, rmSync } from 'node:fs';
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
/** Nodes that lost their disk and are being made members of the quorum queues again, by folder. */
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

function rejoined(node: NodeAddress): Promise<Evidence | undefined> | Evidence {
  const { folder } = node;
  if (folder === undefined || !existsSync(join(folder, rejoinedFile))) return {};
  const running = joining.get(folder);
  if (running !== undefined) return Promise.race([running, later()]);
  const started = joinQueues(node, noAbort).then(
    (queues): Evidence => {
      rmSync(join(folder, rejoinedFile), { force: true });
      return { joinedQueues: queues };
    },
    () => undefined,
  );
  joining.set(folder, started);
  void started.finally(() => joining.delete(folder));
  return Promise.race([started, later()]);
}

function later(): Promise<undefined> {
  return pause(300, noAbort).then(() => undefined);
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
