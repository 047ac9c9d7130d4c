/**
 * Places at which more than one message was acknowledged. A log that only grows gives a place once: of such messages all but
 * the last were cut off. A bit for each position that was acknowledged, in pages; holders are remembered of those alone that
 * came twice.
 */
import { none16, noPosition } from '../event.ts';
import type { PartedSent } from './parts/parted.ts';

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

type Place = Pick<PartedSent, 'topic' | 'partition' | 'position'>;

const pageBits = 16;
const pageSize = 1 << pageBits;

export class Places {
  /** By route, then by page. */
  readonly #pages = new Map<number, Map<number, Uint32Array>>();
  readonly #contested = new Map<string, { readonly place: Place; readonly holders: Map<string, Holder> }>();
  /** Some record names a topic: positions without one compare with nothing, as those without a partition do. */
  #topics = false;

  /** First of all acknowledgements. */
  acked({ topic, partition, position }: Place): void {
    if (topic !== none16) this.#topics = true;
    if (position === noPosition) return;
    const page = this.#page(routeOf(topic, partition), Math.floor(position / pageSize));
    const at = position % pageSize;
    const bit = 1 << (at & 31);
    const word = page[at >>> 5] as number;
    if ((word & bit) !== 0) {
      this.#contested.set(nameOf({ topic, partition, position }), {
        place: { topic, partition, position },
        holders: new Map(),
      });
    }
    page[at >>> 5] = word | bit;
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

  #page(route: number, number: number): Uint32Array {
    let pages = this.#pages.get(route);
    if (pages === undefined) {
      pages = new Map();
      this.#pages.set(route, pages);
    }
    let page = pages.get(number);
    if (page === undefined) {
      page = new Uint32Array(pageSize / 32);
      pages.set(number, page);
    }
    return page;
  }
}

function routeOf(topic: number, partition: number): number {
  return topic * 65536 + partition;
}

function nameOf({ topic, partition, position }: Place): string {
  return `${topic} ${partition} ${position}`;
}
