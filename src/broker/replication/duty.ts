import { messageOf } from '../errors.ts';
import { isInSync } from '../routes/sets.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import { replicate, tail } from '../wire/apis/routes.ts';
import { code } from '../wire/codes.ts';
import { follow } from './following.ts';
import { partingFrom } from './history.ts';
import { Leadership } from './leadership.ts';
import type { Membership } from './membership.ts';
import { entriesFor, othersOf, type ReplicationParts, retryDelayMs } from './parts.ts';
import { type Regained, Takeover } from './takeover.ts';

/** What else has to happen when this node becomes leader, and when it is leader no longer. */
export interface DutyHost {
  /** This node has become leader and is about to serve. */
  gained(): Promise<void>;
  /** This node is no longer leader. */
  lost(): void;
}

/** Gives this node the role that the routes say: leader of its set, or follower of the leader. Never both at once. */
export class Duty implements AsyncDisposable {
  readonly #parts: ReplicationParts;
  readonly #membership: Membership;
  readonly #takeover: Takeover;
  readonly #host: DutyHost;
  readonly #running: Promise<void>;
  #leadership: Leadership | undefined;
  #wasInSync = false;
  #trouble = '';
  readonly #stopping = new AbortController();

  constructor(parts: ReplicationParts, membership: Membership, cleanStop: boolean, host: DutyHost) {
    this.#parts = parts;
    this.#membership = membership;
    this.#takeover = new Takeover(parts, membership, cleanStop, this.#stopping.signal);
    this.#host = host;
    this.#running = this.#run();
  }

  get role(): 'leader' | 'follower' {
    return this.#leadership === undefined ? 'follower' : 'leader';
  }

  get regained(): Regained | undefined {
    return this.#takeover.regained;
  }

  /** The leader epoch of the set: the one in which this node leads, or the latest that it has heard of. */
  get epoch(): number {
    return this.#leadership?.epoch ?? this.#parts.routing.set?.epoch ?? 0;
  }

  /** Whether this node has its place: it is leader, or it is an in-sync follower. */
  get isSettled(): boolean {
    const { routing, self } = this.#parts;
    if (routing.set?.leader === self.id) return this.#leadership !== undefined;
    return routing.set !== undefined && isInSync(routing.set, self);
  }

  /** Whether this node surely has all it ever confirmed: it was leader or in-sync in this life, or stopped cleanly before. */
  get isWhole(): boolean {
    return this.#takeover.isWhole || this.#wasInSync;
  }

  async replicate(request: RequestOf<typeof replicate>): Promise<ResponseOf<typeof replicate>> {
    const leadership = request.setId === this.#parts.settings.set ? this.#leadership : undefined;
    const refusal = { ...replicate.response.zero, errorCode: code.NOT_LEADER_OR_FOLLOWER };
    return (await leadership?.replicate(request)) ?? refusal;
  }

  /**
   * Tells a restarted leader what this replica has. If this node is leader itself, the asking node cannot be: it is refused
   * (FENCED_LEADER_EPOCH).
   */
  async tail(request: RequestOf<typeof tail>): Promise<ResponseOf<typeof tail>> {
    const { store, self, settings } = this.#parts;
    if (request.setId !== settings.set || this.#leadership !== undefined) {
      return { ...tail.response.zero, errorCode: code.FENCED_LEADER_EPOCH };
    }
    const { end } = store.log;
    const continues = partingFrom(store.log.epochs, request) === undefined;
    const wanted = continues && request.maxBytes > 0 && request.end < end;
    const data = wanted ? await entriesFor(this.#parts, request.end, request.maxBytes) : Buffer.alloc(0);
    if (data === undefined) return { ...tail.response.zero, errorCode: code.KAFKA_STORAGE_ERROR };
    return {
      errorCode: code.NONE,
      life: self.life,
      lastEpoch: store.log.epochs.last,
      end,
      extends: continues,
      data,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#parts.routing.nudge();
    await this.#running;
  }

  get #isOver(): boolean {
    return this.#stopping.signal.aborted || this.#parts.routing.stopped;
  }

  async #run(): Promise<void> {
    const { routing, self, world } = this.#parts;
    while (!this.#isOver) {
      try {
        if (routing.set?.leader === self.id) await this.#lead();
        else await this.#follow();
      } catch (error) {
        const trouble = messageOf(error);
        if (trouble !== this.#trouble && !this.#isOver) world.log(`replication: ${trouble}`);
        this.#trouble = trouble;
      }
      if (!this.#isOver) await routing.until(() => this.#isOver, retryDelayMs);
    }
  }

  async #lead(): Promise<void> {
    const { routing, settings, world } = this.#parts;
    const epoch = await this.#takeover.run();
    if (epoch === undefined || this.#isOver) return;
    this.#trouble = '';
    const leadership = new Leadership(this.#parts, epoch, this.#stopping.signal);
    world.log(`leading set ${settings.set}, epoch ${epoch}`);
    try {
      await this.#host.gained();
      this.#leadership = leadership;
      routing.nudge();
      const over = () => this.#isOver || !leadership.holds;
      while (!over()) await routing.until(over, 60_000);
    } finally {
      this.#leadership = undefined;
      const ending = leadership.end();
      this.#host.lost();
      await ending;
      if (!this.#isOver) world.log(`leading set ${settings.set} no more`);
    }
  }

  async #follow(): Promise<void> {
    const { routing, self } = this.#parts;
    const set = routing.set;
    const leader = set?.replicas.find(({ id }) => id === set.leader);
    if (set === undefined || leader === undefined || othersOf(set, self).length === 0) {
      await routing.until(() => this.#isOver || routing.set !== set, 60_000);
      return;
    }
    const sameLeader = () => {
      const named = routing.set?.replicas.find(({ id }) => id === routing.set?.leader);
      const same = named?.id === leader.id && named.host === leader.host && named.port === leader.port;
      return same && !this.#isOver;
    };
    let noted = this.#noteMembership();
    const forget = routing.onChange(() => {
      noted = this.#noteMembership();
    });
    try {
      await noted;
      await follow(this.#parts, leader, sameLeader, this.#stopping.signal);
    } finally {
      forget();
      // A node that has stopped must not write to its folder any more.
      await noted;
    }
  }

  /** If this node is in-sync, leaves the mark that says that the data in its folder count. */
  async #noteMembership(): Promise<void> {
    const { routing, self, world } = this.#parts;
    if (routing.set === undefined || !isInSync(routing.set, self)) return;
    this.#wasInSync = true;
    await this.#membership.confirm().catch((error: unknown) => world.log(`cannot note: ${messageOf(error)}`));
  }
}
