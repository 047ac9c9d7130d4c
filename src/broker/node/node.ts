import { CommittedOffsets } from '../groups/committed.ts';
import { Coordinator } from '../groups/coordinator.ts';
import { Opened } from '../opened.ts';
import { Duty } from '../replication/duty.ts';
import { Membership } from '../replication/membership.ts';
import type { Regained } from '../replication/takeover.ts';
import { Routing } from '../routes/routing.ts';
import { serve } from '../rpc/connection.ts';
import { Gate } from '../rpc/login/gate.ts';
import { membersOnly } from '../rpc/members.ts';
import { Memory } from '../rpc/memory.ts';
import { routesOf } from '../rpc/route.ts';
import { readSmallFile, writeSmallFile } from '../small-file.ts';
import type { RecoveryReport } from '../store/log/recovery.ts';
import { Store } from '../store/store.ts';
import { replicate, tail } from '../wire/apis/routes.ts';
import type { Listener, Stream, World } from '../world/world.ts';
import { configRoutes } from './admin/configs.ts';
import { recordRoutes } from './admin/records.ts';
import { refusalRoutes } from './admin/refusals.ts';
import { topicRoutes } from './admin/topics.ts';
import { DeletedTopics } from './deleted-topics.ts';
import { fetchRoutes, readStored } from './fetch.ts';
import { groupRoutes } from './groups.ts';
import { leaderEpochRoutes } from './leader-epochs.ts';
import { listOffsetsRoutes } from './list-offsets.ts';
import { metadataRoutes } from './metadata.ts';
import { offsetRoutes } from './offsets.ts';
import type { NodeParts } from './parts.ts';
import { appendAndWait, produceRoutes } from './produce.ts';
import { ProducerIds } from './producer-ids.ts';
import type { Seams } from './seams.ts';
import type { BrokerSettings } from './settings.ts';
import { type NodeStatus, statusOf } from './status.ts';

export interface BrokerNode extends AsyncDisposable {
  readonly port: number;
  readonly role: Duty['role'];
  /** The leader epoch of its set. */
  readonly epoch: number;
  /** What it leads and coordinates at this moment. */
  status(): NodeStatus;
  readonly recovery: RecoveryReport & { readonly cleanStop: boolean; readonly regained?: Regained };
  /** Whether the node had registered with the name server before it began to serve; if not, why. */
  readonly registration: Routing['registration'];
}

const cleanStopFile = 'clean-stop';

/**
 * Starts a node: locks its folder, recovers the log, opens the port, registers with the name server, then becomes leader
 * or follower and serves. Connections that come before it is registered have to wait, so that no client is served by
 * routes that are about to change. Disposing stops the node cleanly: it syncs everything, and leaves a mark that says so.
 * @param reshape may replace parts of the honest node; called once, before the log is recovered
 */
export async function startNode(
  world: World,
  settings: BrokerSettings,
  reshape: (honest: Seams) => Seams = (honest) => honest,
): Promise<BrokerNode> {
  await using opened = new Opened();
  opened.use(await world.disk.lock());
  const cleanEnd = await takeCleanStop(world);
  const committed = new CommittedOffsets();
  const lastly: { mark?: () => string | undefined } = {};
  opened.defer(async () => {
    const mark = lastly.mark?.();
    if (mark !== undefined) await writeSmallFile(world.disk, cleanStopFile, mark);
  });
  const seams = reshape({ append: appendAndWait, read: readStored, promises: settings, groups: committed });
  const store = opened.use(await Store.open(world, seams.promises, seams.groups));
  // If the log was damaged since, the stop does not count as clean.
  const cleanStop = cleanEnd === store.log.end;
  if (store.recovery.cut !== null) world.log(`recovery cut the log: ${JSON.stringify(store.recovery.cut)}`);
  const producerIds = opened.use(await ProducerIds.open(world, settings.id));
  const coordinator = new Coordinator(world, store, committed, settings.groupInitialDelayMs);
  opened.defer(() => coordinator.resign());

  const door = new Door();
  const listeners = await listen(world, settings, (stream) => door.knock(stream));
  const { port } = listeners;
  const reached = { ...settings, ...(settings.advertised ?? { port }) };
  const topics = new DeletedTopics(store);
  const self = { id: settings.id, life: world.random.bytes(16).toString('hex') };
  const routing: Routing = opened.use(
    await Routing.open(world, reached, {
      port: reached.port,
      life: self.life,
      held: () => ({
        lastEpoch: store.log.epochs.last,
        end: store.log.end,
        writable: store.log.failure === undefined,
        droppedVersion: topics.droppedVersion(routing.routes),
      }),
      applied: () => topics.drop(routing.routes?.deletedTopicIds ?? []),
    }),
  );
  const membership = await Membership.open(world.disk);
  const duty = opened.use(
    new Duty({ world, settings, store, routing, self }, membership, cleanStop, {
      gained: () => topics.drop(routing.routes?.deletedTopicIds ?? []),
      lost: () => coordinator.resign(),
    }),
  );
  opened.use(listeners);
  await routing.until(() => routing.registration.registered, settings.nameServerWaitMs);

  const memory = new Memory(settings.connectionBytes, world.clock);
  const parts = { world, settings: reached, memory, store, routing, duty, coordinator, producerIds, seams };
  door.open(parts);
  // Whoever starts a node wants to know when it is at work. That may depend on other nodes, so the wait has a bound.
  await routing.until(() => duty.isSettled, settings.nameServerWaitMs);
  const running = opened.move();
  return {
    port,
    recovery: { ...store.recovery, cleanStop, ...(duty.regained === undefined ? {} : { regained: duty.regained }) },
    registration: routing.registration,
    get role() {
      return duty.role;
    },
    get epoch() {
      return duty.epoch;
    },
    status: () => statusOf(parts),
    async [Symbol.asyncDispose]() {
      // The mark is written last, after the last sync, and not at all if the disk failed or entries may be missing.
      lastly.mark = () => (store.log.failure === undefined && duty.isWhole ? `${store.log.end}\n` : undefined);
      await running[Symbol.asyncDispose]();
    },
  };
}

function allRoutes(parts: NodeParts) {
  const member = membersOnly(parts.settings.secret);
  return routesOf([
    ...produceRoutes(parts),
    ...fetchRoutes(parts),
    ...listOffsetsRoutes(parts),
    ...leaderEpochRoutes(parts),
    ...metadataRoutes(parts),
    ...topicRoutes(parts),
    ...configRoutes(parts),
    ...recordRoutes(parts),
    ...refusalRoutes(parts),
    ...groupRoutes(parts),
    ...offsetRoutes(parts),
    member(replicate, (request) => parts.duty.replicate(request)),
    member(tail, (request) => parts.duty.tail(request)),
  ]);
}

/**
 * Where the log ended when the node last stopped; undefined if it did not stop cleanly. The mark is removed before
 * anything else is written, so it is never there when it would be wrong.
 */
async function takeCleanStop(world: World): Promise<number | undefined> {
  const mark = await readSmallFile(world.disk, cleanStopFile);
  if (mark === undefined) return undefined;
  await world.disk.remove(cleanStopFile);
  await world.disk.syncFolder('.');
  return Number.parseInt(mark, 10);
}

/** Listens where other nodes reach this one, and at the same port where else clients do. */
async function listen(
  { network }: World,
  { host, port: asked, listen: others = [], entry }: BrokerSettings,
  accept: (stream: Stream) => void,
): Promise<AsyncDisposable & { readonly port: number }> {
  await using opened = new Opened();
  const at = async (address: string, port: number): Promise<Listener> => {
    const listener = await network.listen(address, port, accept, entry?.certificate);
    opened.defer(() => listener.close());
    return listener;
  };
  const { port } = await at(host, asked);
  for (const other of others) await at(other, port);
  const listening = opened.move();
  return { port, [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose]() };
}

/** Lets connections wait until the node may serve. */
class Door {
  readonly #waiting: Stream[] = [];
  #serve: ((stream: Stream) => void) | undefined;

  knock(stream: Stream): void {
    if (this.#serve === undefined) this.#waiting.push(stream);
    else this.#serve(stream);
  }

  open(parts: NodeParts): void {
    const { memory, settings, world } = parts;
    const { entry, maxRequestBytes: limitBytes } = settings;
    const gate = entry === undefined ? {} : { gate: (stream: Stream) => new Gate(entry, stream, world) };
    const connection = { routes: allRoutes(parts), limitBytes, memory, world, ...gate };
    this.#serve = (stream) => serve(stream, connection);
    for (const stream of this.#waiting.splice(0)) this.#serve(stream);
  }
}
