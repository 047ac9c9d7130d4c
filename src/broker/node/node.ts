import { CommittedOffsets } from '../groups/committed.ts';
import { Coordinator } from '../groups/coordinator.ts';
import { Opened } from '../opened.ts';
import { routesOf, serve } from '../rpc/connection.ts';
import type { RecoveryReport } from '../store/recovery.ts';
import { readSmallFile, writeSmallFile } from '../store/small-file.ts';
import { Store } from '../store/store.ts';
import type { Listener, Stream, World } from '../world/world.ts';
import { fetchRoutes } from './fetch.ts';
import { groupRoutes } from './groups.ts';
import { metadataRoutes } from './metadata.ts';
import { offsetRoutes } from './offsets.ts';
import type { MasterParts } from './parts.ts';
import { produceRoutes } from './produce.ts';
import { ProducerIds } from './producer-ids.ts';
import { Routing } from './routing.ts';
import type { MasterSettings } from './settings.ts';
import { topicRoutes } from './topics.ts';

export interface Master extends AsyncDisposable {
  readonly port: number;
  readonly recovery: RecoveryReport & { readonly cleanStop: boolean };
  /** Whether the name server took note of us before we began to serve; if not, why. */
  readonly registration: Routing['registration'];
}

const cleanStopFile = 'clean-stop';

/**
 * Starts a master: takes the folder, recovers the log, opens the port, registers with the name server, then serves.
 * Connections that come before that wait, so that nobody is served from routes that are about to change. Disposing stops
 * it cleanly: everything synced, and a mark that says so.
 */
export async function startMaster(world: World, settings: MasterSettings): Promise<Master> {
  await using opened = new Opened();
  opened.use(await world.disk.lock());
  const cleanStop = await takeCleanStop(world);
  const committed = new CommittedOffsets();
  const lastly: { mark?: () => string | undefined } = {};
  opened.defer(async () => {
    const mark = lastly.mark?.();
    if (mark !== undefined) await writeSmallFile(world.disk, cleanStopFile, mark);
  });
  const store = opened.use(await openStore(world, settings, committed));
  if (store.recovery.cut !== null) world.log(`recovery cut the log: ${JSON.stringify(store.recovery.cut)}`);
  const producerIds = await ProducerIds.open(world.disk, settings.id);
  const coordinator = new Coordinator(world, store, committed, settings.groupInitialDelayMs);
  opened.defer(() => coordinator.stop());

  const door = new Door();
  const listener = await world.network.listen(settings.host, settings.port, (stream) => door.knock(stream));
  const routing = await Routing.open(world, settings, listener.port, async (topicId) => {
    committed.deleteTopic(topicId);
    if (store.holdsTopic(topicId)) await store.deleteTopic(topicId);
  });
  opened.use(routing);
  opened.use(closing(listener));
  await routing.until(() => routing.registration.registered, settings.nameServerWaitMs);

  const routes = allRoutes({
    world,
    settings: { ...settings, port: listener.port },
    store,
    routing,
    coordinator,
    producerIds,
  });
  door.open((stream) => serve(stream, routes, settings.maxRequestBytes, (line) => world.log(line)));
  const running = opened.move();
  return {
    port: listener.port,
    recovery: { ...store.recovery, cleanStop },
    registration: routing.registration,
    async [Symbol.asyncDispose]() {
      // Written last of all, behind the last sync, unless the disk failed.
      lastly.mark = () => (store.log.failure === undefined ? `${store.log.end}\n` : undefined);
      await running[Symbol.asyncDispose]();
    },
  };
}

async function openStore(world: World, settings: MasterSettings, committed: CommittedOffsets): Promise<Store> {
  const store = await Store.open(world, settings, committed);
  // Nobody else has this log.
  store.log.beginEpoch(store.log.epochs.last);
  return store;
}

function allRoutes(parts: MasterParts) {
  return routesOf([
    ...produceRoutes(parts),
    ...fetchRoutes(parts),
    ...metadataRoutes(parts),
    ...topicRoutes(parts),
    ...groupRoutes(parts),
    ...offsetRoutes(parts),
  ]);
}

/** Whether the last life ended cleanly. The mark is gone before anything is written, so it never outlives its truth. */
async function takeCleanStop(world: World): Promise<boolean> {
  const found = (await readSmallFile(world.disk, cleanStopFile)) !== undefined;
  if (found) {
    await world.disk.remove(cleanStopFile);
    await world.disk.syncFolder('.');
  }
  return found;
}

function closing(listener: Listener): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => listener.close() };
}

/** Keeps connections waiting until the master may serve. */
class Door {
  readonly #waiting: Stream[] = [];
  #serve: ((stream: Stream) => void) | undefined;

  knock(stream: Stream): void {
    if (this.#serve === undefined) this.#waiting.push(stream);
    else this.#serve(stream);
  }

  open(serve: (stream: Stream) => void): void {
    this.#serve = serve;
    for (const stream of this.#waiting.splice(0)) serve(stream);
  }
}
