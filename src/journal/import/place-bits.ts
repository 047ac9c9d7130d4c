/** A bit for each place of a log, in pages: positions are dense where messages are. */
import { none16 } from '../event.ts';
import type { PartedSent } from './parts/parted.ts';

/** Of a topic's number and a partition; positions of two of them do not compare. */
export type Place = Pick<PartedSent, 'topic' | 'partition' | 'position'>;

const pageBits = 16;
const pageSize = 1 << pageBits;

export class PlaceBits {
  /** By route, then by page. */
  readonly #pages = new Map<number, Map<number, Uint32Array>>();

  /** Whether it was there already. */
  add({ topic, partition, position }: Place): boolean {
    const page = this.#page(routeOf(topic, partition), Math.floor(position / pageSize));
    const at = position % pageSize;
    const bit = 1 << (at & 31);
    const word = page[at >>> 5] as number;
    page[at >>> 5] = word | bit;
    return (word & bit) !== 0;
  }

  has({ topic, partition, position }: Place): boolean {
    const page = this.#pages.get(routeOf(topic, partition))?.get(Math.floor(position / pageSize));
    const at = position % pageSize;
    return page !== undefined && ((page[at >>> 5] as number) & (1 << (at & 31))) !== 0;
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

/** A topic's number and a partition, either of which may be `none16`, as one number. */
export function routeOf(topic: number, partition: number): number {
  return topic * (none16 + 1) + partition;
}
