/**
 * Places at which more than one message was acknowledged. A log that only grows gives a place once: of such messages all but
 * the last were cut off. A bit for each position that was acknowledged, in pages; holders are remembered of those alone that
 * came twice.
 */
import { none16, noPosition } from '../event.ts';
import { nothing } from './parts/parted.ts';
import { type Place, PlaceBits } from './place-bits.ts';

export interface Holder {
  readonly producer: number;
  readonly seq: number;
  readonly timeNs: number | undefined;
}

export interface Contest {
  /** Of the journals. */
  readonly partition: number;
  readonly position: number;
  /** Different messages, two or more, in the order in which they were acknowledged as far as times tell. */
  readonly holders: readonly Holder[];
}

interface Contested {
  readonly place: Place;
  readonly holders: Map<string, Holder>;
  /** Of all acknowledgements there, once they were told; `nothing` among them: not all have one. */
  readonly times: number[];
}

export class Places {
  readonly #acked = new PlaceBits();
  readonly #contested = new Map<string, Contested>();
  /** Some record names a topic: positions without one compare with nothing, as those without a partition do. */
  #topics = false;

  /** First of all acknowledgements. */
  acked({ topic, partition, position }: Place): void {
    if (topic !== none16) this.#topics = true;
    if (position === noPosition) return;
    const place = { topic, partition, position };
    if (!this.#acked.add(place)) return;
    this.#contested.set(nameOf(place), { place, holders: new Map(), times: [] });
  }

  /** Whether some message was acknowledged there. */
  isAcked(place: Place): boolean {
    return this.#acked.has(place);
  }

  get contested(): boolean {
    return this.#contested.size > 0;
  }

  /** Then, if some are contested, all acknowledgements once more: `mayStand` rests on their times. */
  time(place: Place, timeNs: number): void {
    this.#contested.get(nameOf(place))?.times.push(timeNs);
  }

  /** Whether what stands at a place may be the message that was acknowledged there at that time: the last one is. */
  mayStand(place: Place, timeNs: number): boolean {
    const times = this.#contested.size === 0 ? undefined : this.#contested.get(nameOf(place))?.times;
    return times === undefined || times.includes(nothing) || timeNs >= Math.max(...times);
  }

  /** Forgets who holds what, to be told again. */
  forget(): void {
    for (const { holders } of this.#contested.values()) holders.clear();
  }

  /** Then once more, with the message that it was of. */
  holder(place: Place, holder: Holder): void {
    if (this.#contested.size === 0) return;
    this.#contested.get(nameOf(place))?.holders.set(`${holder.producer} ${holder.seq}`, holder);
  }

  /** @param partitionOf the journals' partition for a topic's and its. */
  contests(partitionOf: (topic: number, partition: number) => number): Contest[] {
    return [...this.#contested.values()].flatMap(({ place: { topic, partition, position }, holders }) => {
      const vague = partition === none16 || (topic === none16 && this.#topics);
      if (holders.size < 2 || vague) return [];
      const inOrder = [...holders.values()].sort((a, b) => (a.timeNs ?? 0) - (b.timeNs ?? 0));
      const number = partitionOf(topic, partition);
      return [{ partition: number, position, holders: inOrder }];
    });
  }
}

function nameOf({ topic, partition, position }: Place): string {
  return `${topic} ${partition} ${position}`;
}
