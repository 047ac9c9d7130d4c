/** A Redis that is started for the run. Its files stay in the run's folder. */
import { mkdirSync } from 'node:fs';
import { LocalNode, type NodeObserver } from '../../cluster/local-node.ts';
import { freePorts } from '../../cluster/ports.ts';
import type { StoreAccess } from '../../effects/access.ts';
import { redisServer } from '../../effects/redis-server.ts';
import { findStore } from '../../effects/registry.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import type { RunFolder } from '../folder/folder.ts';

const readyMs = 10_000;

export interface OwnRedis {
  readonly node: LocalNode;
  readonly access: StoreAccess;
}

/**
 * @param id what profiles call it: `store`, or `ids` where it keeps ids alone.
 * @throws ToolError (exit 4) where there is no redis-server, or it does not serve.
 */
export async function startRedis(
  id: string,
  { path, redis: folder }: RunFolder,
  observe: NodeObserver,
): Promise<OwnRedis> {
  mkdirSync(folder, { recursive: true });
  const [port = 0] = await freePorts(1);
  const server = redisServer(folder, port);
  if (server === undefined) {
    throw new ToolError('redis: there is no redis-server on the PATH to start for the run', {
      code: 'no-redis',
      hint: `${findStore('redis').install}, or give the URL of one: consumers.effect.url: \${NAME}`,
      exitCode: exitCodes.setup,
    });
  }
  const { access, ...program } = server;
  const node = new LocalNode({ ...program, id, role: 'store', ready: 'answers', readyMs }, path, observe);
  await node.start();
  return { node, access };
}
