/**
 * Deliveries of messages that no journal of this history attempts. Such a message is a phantom, unless the journal of
 * its producer was cut: that is known once the producers' journals were read.
 */
import { deliveryFlags } from '../../journal/event.ts';
import { noGroup } from '../structures/notes.ts';
import { NamedBits } from '../structures/sparse.ts';

export interface Stranger {
  readonly producer: number;
  readonly foreign: boolean;
  messages: number;
  deliveries: number;
}

export interface StrangerRow {
  readonly producer: number;
  readonly seq: number;
  readonly foreign: boolean;
  readonly group: number;
  readonly partition: number;
  readonly position: number;
  readonly atNs: number;
}

const mostRows = 100_000;

export class Strangers {
  readonly byProducer = new Map<number, Stranger>();
  /** The first delivery of each unknown message, at most `mostRows`. */
  readonly rows: StrangerRow[] = [];
  readonly #seen = new NamedBits();

  add(
    producer: number,
    seq: number,
    flags: number,
    group: number,
    partition: number,
    position: number,
    atNs: number,
  ): void {
    const foreign = (flags & deliveryFlags.foreign) !== 0;
    const name = foreign ? producer + 65536 : producer;
    let stranger = this.byProducer.get(name);
    if (stranger === undefined) {
      stranger = { producer, foreign, messages: 0, deliveries: 0 };
      this.byProducer.set(name, stranger);
    }
    stranger.deliveries += 1;
    if (!this.#seen.add(name, seq)) return;
    stranger.messages += 1;
    if (this.rows.length < mostRows) this.rows.push({ producer, seq, foreign, group, partition, position, atNs });
  }
}

export function groupName(groups: readonly string[], group: number): string | undefined {
  return group === noGroup ? undefined : (groups[group] ?? `group ${group}`);
}
