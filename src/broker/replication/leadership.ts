import { Bell } from '../bell.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import { replicate } from '../wire/apis/routes.ts';
import { code } from '../wire/codes.ts';
import { partingFrom } from './history.ts';
import { InSync } from './in-sync.ts';
import { entriesFor, pullWaitMs, type ReplicationParts } from './parts.ts';

type Request = RequestOf<typeof replicate>;
type Response = ResponseOf<typeof replicate>;

/** One term of this node as leader of its set: it sends its log to the slaves, and they confirm what they have. */
export class Leadership {
  readonly epoch: number;
  readonly #parts: ReplicationParts;
  readonly #inSync: InSync;
  readonly #bell: Bell;
  readonly #forget: () => void;
  #ended = false;
  #superseded = false;

  /**
   * From here on the log takes appends.
   * @param stopping aborts when the node stops
   */
  constructor(parts: ReplicationParts, epoch: number, stopping: AbortSignal) {
    this.epoch = epoch;
    this.#parts = parts;
    this.#bell = new Bell(parts.world.clock);
    parts.store.log.beginEpoch(epoch);
    this.#forget = parts.store.log.onProgress(() => this.#bell.ring());
    this.#inSync = new InSync(parts, epoch, stopping);
  }

  /** Whether this node is still leader, as far as it knows. */
  get holds(): boolean {
    const { routing, self } = this.#parts;
    const named = routing.set?.leader === self.id && routing.set.epoch === this.epoch;
    return named && !this.#superseded && !this.#inSync.fenced;
  }

  async replicate(request: Request): Promise<Response> {
    const { store, routing } = this.#parts;
    const none = { ...replicate.response.zero, epoch: this.epoch, cutTo: -1, cutEpoch: -1 };
    if (request.epoch > this.epoch) this.#supersede();
    // A slave that the routes of this node do not name must not get entries: a leader without slaves in its routes would
    // restart in the same leader epoch, and might then write other entries at the positions that the slave has.
    const known = routing.set?.replicas.some(({ id }) => id === request.slave.id);
    if (!this.holds || !known) return { ...none, errorCode: code.NOT_LEADER_OR_FOLLOWER };
    const parting = partingFrom(store.log.epochs, request);
    const confirmed = this.#parts.settings.flush === 'sync' ? Math.min(request.synced, request.end) : request.end;
    this.#inSync.pulled(request.slave, parting === undefined ? confirmed : undefined);
    if (parting !== undefined) return { ...none, ...parting };
    await this.#bell.until(() => store.log.end > request.end || this.#ended, Math.min(request.waitMs, pullWaitMs));
    if (!this.holds || this.#ended) return { ...none, errorCode: code.NOT_LEADER_OR_FOLLOWER };
    const data = await entriesFor(this.#parts, request.end, request.maxBytes);
    return data === undefined ? { ...none, errorCode: code.KAFKA_STORAGE_ERROR } : { ...none, data };
  }

  /** Takes no more entries, and tells everyone who waits that the outcome is unknown. */
  async end(): Promise<void> {
    const { log, protection } = this.#parts.store;
    const quiet = log.endEpoch();
    this.#ended = true;
    this.#forget();
    this.#bell.ring();
    protection.interrupt('this node leads no more');
    await this.#inSync.end();
    await quiet;
  }

  /** A slave has told of a later leader epoch. */
  #supersede(): void {
    this.#superseded = true;
    this.#parts.routing.nudge();
  }
}
