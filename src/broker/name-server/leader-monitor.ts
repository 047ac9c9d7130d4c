import { messageOf } from '../errors.ts';
import type { SetRoute } from '../routes/routes.ts';
import { appointed } from '../routes/sets.ts';
import type { Timer, World } from '../world/world.ts';
import { type Candidate, type Failover, successor } from './election.ts';
import type { Nodes } from './nodes.ts';
import type { Registry } from './registry.ts';

export interface MonitorSettings {
  /** A node that has not reported for so long counts as dead. */
  readonly masterTimeoutMs: number;
  readonly failover: Failover;
}

/** Looks at the leaders of all sets in rounds, and appoints a successor to one that is dead or cannot write. */
export class LeaderMonitor implements AsyncDisposable {
  readonly #world: World;
  readonly #settings: MonitorSettings;
  readonly #registry: Registry;
  readonly #nodes: Nodes;
  readonly #changed: () => void;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  /** @param changed called after every appointment */
  constructor(world: World, settings: MonitorSettings, registry: Registry, nodes: Nodes, changed: () => void) {
    this.#world = world;
    this.#settings = settings;
    this.#registry = registry;
    this.#nodes = nodes;
    this.#changed = changed;
    this.#schedule();
  }

  /** Waits for the round in progress: it may be writing the routes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #schedule(): void {
    this.#timer = this.#world.clock.setTimer(this.#settings.masterTimeoutMs / 8, () => {
      this.#running = this.#round();
    });
  }

  /** Never rejects: what could not be written is tried again in the next round. */
  async #round(): Promise<void> {
    try {
      const { sets } = this.#registry.routes;
      for (const set of sets) if (this.#successorOf(set) !== undefined) await this.#appointSuccessor(set.id);
    } catch (error) {
      this.#world.log(`cannot write the routes: ${messageOf(error)}`);
    }
    if (!this.#stopped) this.#schedule();
  }

  async #appointSuccessor(setId: number): Promise<void> {
    await this.#registry.changeSet(setId, (set) => {
      const next = this.#successorOf(set);
      if (next === undefined) return set;
      const why = this.#nodes.isAlive(set.leader) ? 'cannot write' : 'is silent';
      this.#world.log(`set ${setId}: node ${set.leader} ${why}, node ${next.id} leads, epoch ${set.epoch + 1}`);
      return appointed(set, next);
    });
    this.#changed();
  }

  /** Undefined while the leader is alive and can write, and when no node may succeed it. */
  #successorOf(set: SetRoute): Candidate | undefined {
    const isLost = this.#nodes.isDead(set.leader) || this.#nodes.get(set.leader)?.writable === false;
    return isLost ? successor(set, this.#settings.failover, this.#nodes.alive()) : undefined;
  }
}
