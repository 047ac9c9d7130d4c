import type { Life } from '../routes/routes.ts';
import type { Clock } from '../world/world.ts';
import type { Candidate } from './election.ts';

/** What a node said of itself in its last report. */
export interface HeardNode extends Candidate {
  readonly address: string;
  readonly appliedVersion: number;
  readonly seenAtMs: number;
}

/** The nodes that have reported since the name server started, and which of them count as alive. */
export class Nodes {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #startedAtMs: number;
  readonly #byId = new Map<number, HeardNode>();

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#startedAtMs = clock.nowMs();
  }

  heard(node: Omit<HeardNode, 'seenAtMs'>): void {
    this.#byId.set(node.id, { ...node, seenAtMs: this.#clock.nowMs() });
  }

  get(id: number): HeardNode | undefined {
    return this.#byId.get(id);
  }

  alive(): HeardNode[] {
    return [...this.#byId.values()].filter(({ id }) => this.isAlive(id)).sort((one, other) => one.id - other.id);
  }

  isAlive(id: number): boolean {
    const node = this.#byId.get(id);
    return node !== undefined && this.#clock.nowMs() - node.seenAtMs < this.#timeoutMs;
  }

  /** Whether the node is alive and still in that life. */
  livesOn(node: Life): boolean {
    return this.isAlive(node.id) && this.#byId.get(node.id)?.life === node.life;
  }

  /** Whether the node has not reported for the timeout. After a start of the name server, every node has one timeout. */
  isDead(id: number): boolean {
    return !this.isAlive(id) && this.hasWaited;
  }

  get hasWaited(): boolean {
    return this.#clock.nowMs() - this.#startedAtMs >= this.#timeoutMs;
  }
}
