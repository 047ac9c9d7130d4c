import { Opened } from '../opened.ts';
import { serve } from '../rpc/connection.ts';
import { membersOnly } from '../rpc/members.ts';
import { Memory } from '../rpc/memory.ts';
import { routesOf } from '../rpc/route.ts';
import {
  addPartitions,
  addTopics,
  changeInSync,
  configureTopics,
  lead,
  promote,
  removeTopics,
  watch,
} from '../wire/apis/routes.ts';
import type { World } from '../world/world.ts';
import { Controller } from './controller.ts';
import type { Failover } from './election.ts';
import { Registry } from './registry.ts';

export interface NameServerSettings {
  readonly host: string;
  readonly port: number;
  /** A node that has not reported for so long counts as dead: no request waits for it, and it may lose its leadership. */
  readonly masterTimeoutMs: number;
  readonly failover: Failover;
  /** Requests are taken from nodes that know it; empty: from everybody. */
  readonly secret: string;
}

export interface NameServer extends AsyncDisposable {
  readonly port: number;
}

const requestLimitBytes = 16 * 1024 * 1024;
const connectionBytes = 256 * 1024 * 1024;

/**
 * Starts the name server: it knows which nodes there are, to which set each partition belongs and which node is leader of
 * each set, and tells the nodes. Clients never talk to it. While it is down, nodes serve by the routes they know; topics
 * cannot be created or deleted, and neither the leaders nor the in-sync nodes can change.
 */
export async function startNameServer(world: World, settings: NameServerSettings): Promise<NameServer> {
  await using opened = new Opened();
  opened.use(await world.disk.lock());
  const registry = opened.use(await Registry.open(world));
  const controller = opened.use(new Controller(world, settings, registry));
  const member = membersOnly(settings.secret);
  const routes = routesOf([
    member(watch, (request) => controller.watch(request)),
    member(addTopics, (request) => controller.addTopics(request)),
    member(addPartitions, (request) => controller.addPartitions(request)),
    member(configureTopics, (request) => controller.configureTopics(request)),
    member(removeTopics, (request) => controller.removeTopics(request)),
    member(lead, (request) => controller.lead(request)),
    member(changeInSync, (request) => controller.changeInSync(request)),
    member(promote, (request) => controller.promote(request)),
  ]);
  const memory = new Memory(connectionBytes, world.clock);
  const listener = await world.network.listen(settings.host, settings.port, (stream) =>
    serve(stream, { routes, limitBytes: requestLimitBytes, memory, world }),
  );
  opened.defer(() => listener.close());
  const running = opened.move();
  return { port: listener.port, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}
