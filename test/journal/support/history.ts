/** Made-up histories of which it is known what the audit must say, before any format has written them down. */
import fc from 'fast-check';

export interface Send {
  readonly id: string;
  readonly producer: string;
  readonly sequence: number;
  readonly outcome: 'acked' | 'unknown';
  readonly partition: number;
  readonly position: number;
  readonly timeMs: number;
}

export interface Receipt {
  readonly id: string;
  readonly partition: number;
  readonly position: number;
}

export interface Planted {
  readonly sends: readonly Send[];
  readonly receipts: readonly Receipt[];
  /** What the audit must find: class and ids. */
  readonly truth: readonly { readonly class: string; readonly ids: readonly string[] }[];
}

const fates = [
  'fine',
  'fine',
  'fine',
  'lost',
  'duplicate',
  'phantom',
  'rolled-back',
  'misordered',
  'answer lost',
  'never stored',
] as const;
export type Fate = (typeof fates)[number];

export const startMs = Date.UTC(2026, 10, 29);

/** @param without what a format cannot say, and must not be planted. */
export function histories(without: readonly Fate[] = []): fc.Arbitrary<Planted> {
  const fate = fc.constantFrom(...fates.filter((each) => !without.includes(each)));
  const unit = fc.record({ fate, partition: fc.nat(2), producer: fc.constantFrom('1', '2') });
  return fc.array(unit, { minLength: 1, maxLength: 25 }).map((units) => new Planting().plant(units));
}

class Planting {
  readonly #sends: Send[] = [];
  readonly #receipts: Receipt[] = [];
  readonly #late: Receipt[] = [];
  readonly #truth: { class: string; ids: string[] }[] = [];
  readonly #ends = [0, 0, 0];
  readonly #sequences = new Map<string, number>();

  plant(units: readonly { fate: Fate; partition: number; producer: string }[]): Planted {
    for (const { fate, partition, producer } of units) this.#unit(fate, partition, producer);
    // to the end of each partition all is well, so that whoever got there could have seen what is missing
    for (const partition of this.#ends.keys()) this.#unit('fine', partition, '1');
    return { sends: this.#sends, receipts: [...this.#receipts, ...this.#late], truth: this.#truth };
  }

  #unit(fate: Fate, partition: number, producer: string): void {
    const found = (name: string, ...ids: string[]): void => void this.#truth.push({ class: name, ids });
    if (fate === 'phantom') {
      const id = `9.${this.#truth.length + 1000}`;
      this.#receive({ id, partition, position: this.#end(partition) });
      return found('phantom', id);
    }
    if (fate === 'misordered') {
      const [first, second] = [this.#send(producer, partition, 1), this.#send(producer, partition, -1)];
      this.#receive(second);
      this.#receive(first);
      return found('reordered', first.id);
    }
    const sent = this.#send(producer, partition, 0, fate === 'answer lost' || fate === 'never stored');
    if (fate === 'lost') return found('lost', sent.id);
    if (fate === 'never stored') return found('undelivered', sent.id);
    this.#receive(sent);
    if (fate === 'answer lost') found('recovered', sent.id);
    if (fate === 'duplicate') {
      this.#late.push(receiptOf(sent));
      found('duplicate', sent.id);
    }
    if (fate === 'rolled-back') {
      this.#ends[partition] = sent.position;
      const later = this.#send(producer, partition, 0);
      this.#receive(later);
      found('rolled-back', sent.id, later.id);
    }
  }

  #end(partition: number): number {
    const end = this.#ends[partition] as number;
    this.#ends[partition] = end + 1;
    return end;
  }

  /** @param shift of its position from its turn. */
  #send(producer: string, partition: number, shift: number, unknown = false): Send {
    const sequence = this.#sequences.get(producer) ?? 0;
    this.#sequences.set(producer, sequence + 1);
    const sent: Send = {
      id: `${producer}.${sequence}`,
      producer,
      sequence,
      outcome: unknown ? 'unknown' : 'acked',
      partition,
      position: this.#end(partition) + shift,
      timeMs: startMs + this.#sends.length,
    };
    this.#sends.push(sent);
    return sent;
  }

  #receive(receipt: Receipt): void {
    this.#receipts.push(receiptOf(receipt));
  }
}

function receiptOf({ id, partition, position }: Receipt): Receipt {
  return { id, partition, position };
}
