import { FaultyDisk } from '../../../src/broker/world/faulty-disk.ts';
import type { World } from '../../../src/broker/world/world.ts';
import { type RandomStream, stream } from '../../../src/plan/random.ts';
import { type Leftovers, Platters, SimulatedDisk } from './world/disk.ts';
import { Life } from './world/life.ts';
import type { Wire } from './world/network.ts';
import type { Time } from './world/time.ts';

/** How a process ends: `kill` leaves what it has written; `power` what it has synced, and more or less of the rest; `wipe` nothing. */
export type Death = 'kill' | 'power' | 'wipe';

/** One machine: a disk, a place on the network, and one process after the other. */
export class Machine {
  readonly name: string;
  life: Life | undefined;
  disk: FaultyDisk | undefined;
  readonly #time: Time;
  readonly #wire: Wire;
  readonly #random: RandomStream;
  readonly #log: (line: string) => void;
  #platters = new Platters();
  #kernel: SimulatedDisk | undefined;

  constructor(name: string, seed: number, time: Time, wire: Wire, log: (line: string) => void) {
    this.name = name;
    this.#time = time;
    this.#wire = wire;
    this.#random = stream(seed, name);
    this.#log = log;
  }

  get isUp(): boolean {
    return this.life !== undefined;
  }

  /** The bytes of its files, by name: what a process would read now. */
  files(prefix: string): Map<string, Buffer> {
    const found = [...this.#platters.names]
      .filter(([name]) => name.startsWith(prefix))
      .sort(([one], [other]) => (one < other ? -1 : 1));
    return new Map(found.map(([name, { content }]) => [name, content.all]));
  }

  /** Begins a life, and returns its world. */
  boot(): World {
    const life = new Life(this.#time);
    this.#wire.booted(this.name);
    this.#kernel = new SimulatedDisk(this.#platters, life, this.#random);
    this.life = life;
    this.disk = new FaultyDisk(this.#kernel, life);
    return {
      clock: life,
      disk: this.disk,
      network: this.#wire.of(this.name, life),
      random: { bytes: (length) => this.#bytes(length), fraction: () => this.#random.float() },
      log: (line) => {
        if (!life.isOver) this.#log(`${this.name}: ${line}`);
      },
      notice: () => {},
    };
  }

  die(death: Death, left: Leftovers = 'none'): void {
    if (this.life === undefined) return;
    this.life.end();
    this.life = undefined;
    this.#kernel?.end();
    if (death === 'power') this.#platters = this.#platters.afterPowerCut(left, this.#random);
    if (death === 'wipe') this.#platters = new Platters();
    this.#wire.ended(this.name, death === 'kill');
  }

  #bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.#random.int(256)));
  }
}
