/**
 * Places at which more than one message was acknowledged. A log that only grows gives a place once: of such messages all but
 * the last were cut off. A bit for each position that was acknowledged, in pages; holders are remembered of those alone that
 * came twice.
 */
import { noPosition } from '../event.ts';

export interface Holder {
  readonly producer: number;
  readonly seq: number;
  readonly timeNs: number | undefined;
}

export interface Contest {
  /** Absent where no record names one. */
  readonly partition?: number;
  readonly position: number;
  /** Different messages, two or more, in the order in which they were acknowledged as far as times tell. */
  readonly holders: readonly Holder[];
}

interface Place {
  readonly partition?: number;
  readonly position?: number;
}

const pageBits = 16;
const pageSize = 1 << pageBits;
const nowhere = -1;

export class Places {
  readonly #pages = new Map<string, Uint32Array>();
  readonly #contested = new Map<string, { readonly place: Place; readonly holders: Map<string, Holder> }>();
  /** Some record names a partition: positions without one compare with nothing. */
  #routed = false;

  /** First of all acknowledgements. */
  acked({ partition = nowhere, position = noPosition }: Place): void {
    if (partition !== nowhere) this.#routed = true;
    if (position === noPosition) return;
    const page = this.#page(`${partition} ${Math.floor(position / pageSize)}`);
    const at = position % pageSize;
    const bit = 1 << (at & 31);
    const word = page[at >>> 5] as number;
    if ((word & bit) !== 0) {
      this.#contested.set(nameOf(partition, position), {
        place: { position, ...(partition === nowhere ? {} : { partition }) },
        holders: new Map(),
      });
    }
    page[at >>> 5] = word | bit;
  }

  /** Then once more, with the message that it was of. */
  holder({ partition = nowhere, position = noPosition }: Place, holder: Holder): void {
    if (this.#contested.size === 0) return;
    const contest = this.#contested.get(nameOf(partition, position));
    contest?.holders.set(`${holder.producer} ${holder.seq}`, holder);
  }

  contests(): Contest[] {
    return [...this.#contested.values()].flatMap(({ place: { partition, position = 0 }, holders }) => {
      if (holders.size < 2 || (partition === undefined && this.#routed)) return [];
      const inOrder = [...holders.values()].sort((a, b) => (a.timeNs ?? 0) - (b.timeNs ?? 0));
      return [{ ...(partition === undefined ? {} : { partition }), position, holders: inOrder }];
    });
  }

  #page(name: string): Uint32Array {
    let page = this.#pages.get(name);
    if (page === undefined) {
      page = new Uint32Array(pageSize / 32);
      this.#pages.set(name, page);
    }
    return page;
  }
}

function nameOf(partition: number, position: number): string {
  return `${partition} ${position}`;
}
