/** The master of each set, as last known; asked again after trouble, one question at a time. */
import type { Topology } from './topology.ts';

const refreshEveryMs = 500;

export class Masters {
  readonly #topology: Topology;
  readonly #addresses = new Map<string, string>();
  #asking: Promise<void> | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  /** Undefined: none was ever known. A master that died stays known by its address: it may come back there. */
  of(set: string): string | undefined {
    return this.#addresses.get(set);
  }

  refreshSoon(): void {
    if (performance.now() - this.#askedAtMs >= refreshEveryMs) void this.refresh();
  }

  /** Never rejects: what was last known stays when no name server answers. */
  refresh(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
      this.#askedAtMs = performance.now();
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    try {
      for (const { name, master } of await this.#topology.sets()) {
        if (master !== undefined) this.#addresses.set(name, master);
      }
    } catch {
      // Nobody answers: what was last known stays.
    }
  }
}
