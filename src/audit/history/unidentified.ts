/**
 * Deliveries whose identity is damaged. One that stands where a message was acked is that message, corrupt: the ack says
 * what was written there. The others are messages that nobody can name.
 */
import { epochCeiling, kinds, none8, noPosition, outcomes } from '../../journal/event.ts';
import type { Pass } from '../../journal/reader.ts';
import { getRecord, positionAt, recordWords, timeAt } from '../../journal/record.ts';
import { NamedBits } from '../structures/sparse.ts';

export interface UnidentifiedRow {
  /** The group that received it; `noGroup` for the independent reader. */
  readonly group: number;
  readonly partition: number;
  readonly epoch: number;
  readonly position: number;
  readonly atNs: number;
}

interface Kept extends UnidentifiedRow {
  readonly record: Int32Array;
  /** The last ack at this place: after a log went back, that is the one whose message stands there. */
  acked?: { readonly producer: number; readonly seq: number; readonly atNs: number };
}

/** Of more than these, the later ones stay without a name. */
const mostRows = 100_000;

export class Unidentified {
  /** Messages without a name. A place counts once, however often it was delivered. */
  count = 0;
  readonly #places = new NamedBits();
  readonly #nameless: UnidentifiedRow[] = [];
  readonly #byPlace = new Map<number, Map<number, Kept[]>>();
  #rows = 0;

  /** Takes the record at `at`, a delivery to a group. */
  add(words: Int32Array, at: number, group: number): void {
    const record = words.slice(at, at + recordWords);
    const { kind, partition, epoch, position, atNs } = getRecord(record, 0);
    const row = { group, partition, epoch, position, atNs };
    // a dead letter's place is one of its group's dead letters, and no ack names those
    const dead = kind === kinds.dead;
    const fresh =
      position === noPosition || this.#places.add(placesOf(partition, epoch, dead ? group : undefined), position);
    if (fresh) this.count += 1;
    if (position === noPosition || dead) {
      if (fresh && this.#nameless.length < mostRows) this.#nameless.push(row);
      return;
    }
    const kept = this.#at(partition, position) ?? [];
    if (this.#rows === mostRows || kept.some((each) => each.group === group && each.epoch === epoch)) return;
    this.#rows += 1;
    kept.push({ ...row, record });
    const positions = this.#byPlace.get(partition) ?? new Map<number, Kept[]>();
    this.#byPlace.set(partition, positions.set(position, kept));
  }

  /** Whether some stand at a place, so that an ack may name them. */
  get placed(): boolean {
    return this.#rows > 0;
  }

  /** A pass over a producer's journal, for the acks at the places of these deliveries. */
  readonly pass: Pass = (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) {
      const code = ((words[at] as number) >>> 8) & 0xff;
      if (((words[at] as number) & 0xff) !== kinds.outcome) continue;
      if (code !== outcomes.acked && code !== outcomes.degraded) continue;
      const kept = this.#at((words[at + 5] as number) >>> 16, positionAt(words, at));
      if (kept === undefined) continue;
      const epoch = ((words[at + 7] as number) >>> 16) & 0xff;
      const ack = {
        producer: (words[at] as number) >>> 16,
        seq: (words[at + 1] as number) >>> 0,
        atNs: timeAt(words, at),
      };
      for (const each of kept) {
        if (mayBeOne(each.epoch, epoch) && (each.acked?.atNs ?? -1) < ack.atNs) each.acked = ack;
      }
    }
  };

  /**
   * Hands over each delivery that an ack names, as the record that it would have been; they are no rows any more.
   * @param tops by producer: the first sequence that its journal does not attempt.
   */
  name(tops: Float64Array, take: (group: number, record: Int32Array) => void): void {
    const named = new NamedBits();
    for (const positions of this.#byPlace.values()) {
      for (const [position, kept] of positions) {
        const nameless: Kept[] = [];
        for (const each of kept) {
          const { acked, record, group, partition, epoch } = each;
          if (acked === undefined || acked.seq >= (tops[acked.producer] as number)) {
            nameless.push(each);
            continue;
          }
          record[0] = ((record[0] as number) & 0xffff) | (acked.producer << 16);
          record[1] = acked.seq;
          if (named.add(placesOf(partition, epoch), position)) this.count -= 1;
          take(group, record);
        }
        positions.set(position, nameless);
      }
    }
  }

  /** One for each message without a name, as far as they are kept. */
  *rows(): Generator<UnidentifiedRow> {
    yield* this.#nameless;
    for (const positions of this.#byPlace.values()) {
      for (const kept of positions.values()) {
        const epochs = new Set<number>();
        for (const row of kept) {
          if (epochs.has(row.epoch)) continue;
          epochs.add(row.epoch);
          yield row;
        }
      }
    }
  }

  #at(partition: number, position: number): Kept[] | undefined {
    return this.#byPlace.get(partition)?.get(position);
  }
}

/** The number of a set of places: the log's under an epoch, or those of a group's dead letters. */
function placesOf(partition: number, epoch: number, deadOf?: number): number {
  return (deadOf === undefined ? 0 : deadOf + 1) * 2 ** 24 + partition * 256 + epoch;
}

/** Whether places under two epochs may be one: most brokers give an ack none. */
function mayBeOne(a: number, b: number): boolean {
  return a === b ? a !== epochCeiling : a === none8 || b === none8;
}
