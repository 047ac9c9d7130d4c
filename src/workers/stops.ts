/**
 * Places at which processing stands still when it is told to, by count: whoever told it does with it what he likes. Once
 * one is reached, all processing of this worker stands at its next point.
 */
import type { EffectMessage } from '../effects/message.ts';
import type { Point, Stop, Visit } from '../effects/points.ts';

interface Open {
  readonly stop: Stop;
  visits: number;
}

export class Stops {
  readonly #reached: (stop: Stop, message?: EffectMessage) => void;
  #open: Open[] = [];
  #standing: Promise<void> | undefined;
  #goOn: () => void = () => {};

  constructor(reached: (stop: Stop, message?: EffectMessage) => void) {
    this.#reached = reached;
  }

  /** Nobody asked for a stop: points need no visit. */
  get none(): boolean {
    return this.#open.length === 0 && this.#standing === undefined;
  }

  /** Its visits are counted from now on. */
  add(stop: Stop): void {
    this.#open.push({ stop, visits: 0 });
  }

  /** What was asked for is forgotten, and what stands goes on. */
  clear(): void {
    this.#open = [];
    this.#standing = undefined;
    this.#goOn();
  }

  readonly visit: Visit = async (point: Point, message?: EffectMessage) => {
    if (this.#standing === undefined) {
      const here = this.#open.find((open) => open.stop.point === point && ++open.visits === open.stop.count);
      if (here === undefined) return;
      this.#standing = new Promise((resolve) => {
        this.#goOn = resolve;
      });
      this.#reached(here.stop, message);
    }
    await this.#standing;
  };
}
