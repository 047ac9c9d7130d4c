import { route, routesOf, serve } from '../rpc/connection.ts';
import { changeInSync, createTopic, deleteTopic, lead, promote, watch } from '../wire/apis/routes.ts';
import type { World } from '../world/world.ts';
import { Desk } from './desk.ts';
import type { Failover } from './election.ts';
import { Registry } from './registry.ts';

export interface NameServerSettings {
  readonly host: string;
  readonly port: number;
  /** A node that was not heard of for so long counts as dead: nobody waits for it, and another may lead in its place. */
  readonly masterTimeoutMs: number;
  readonly failover: Failover;
}

export interface NameServer extends AsyncDisposable {
  readonly port: number;
}

const requestLimitBytes = 1024 * 1024;

/**
 * Knows which nodes there are, which set each partition belongs to and who leads each set, and tells them. Clients never
 * talk to it. While it is down nodes serve what they know; what has to wait is creating and deleting topics, a change of
 * leader, and any change of who is in-sync.
 */
export async function startNameServer(world: World, settings: NameServerSettings): Promise<NameServer> {
  const lock = await world.disk.lock();
  try {
    const registry = await Registry.open(world);
    const desk = new Desk(world, settings, registry);
    const routes = routesOf([
      route(watch, (request) => desk.watch(request)),
      route(createTopic, (request) => desk.createTopic(request)),
      route(deleteTopic, (request) => desk.deleteTopic(request)),
      route(lead, (request) => desk.lead(request)),
      route(changeInSync, (request) => desk.changeInSync(request)),
      route(promote, (request) => desk.promote(request)),
    ]);
    const listener = await world.network.listen(settings.host, settings.port, (stream) =>
      serve(stream, routes, requestLimitBytes, (line) => world.log(line)),
    );
    return {
      port: listener.port,
      async [Symbol.asyncDispose]() {
        desk.stop();
        await listener.close();
        await lock[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}
