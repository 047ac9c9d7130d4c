/** The reasons that the producers recorded with every attempt that was not acked, counted by outcome. */
import { type OutcomeName, outcomes } from '../../journal/event.ts';

/** Attempts by the reason of their outcome; without a reason they are not counted here. */
export type Answers = Readonly<Partial<Record<OutcomeName, Readonly<Record<string, number>>>>>;

const named = ['degraded', 'rejected', 'unknown'] as const satisfies readonly OutcomeName[];

export class AnswerCounts {
  readonly #totals = new Map<OutcomeName, Map<string, number>>();
  /** Of the journal that is being read: attempts by outcome and number of the reason, and the reasons' names. */
  readonly #counts = new Map<number, number>();
  readonly #names = new Map<number, string>();

  count(outcome: number, reason: number): void {
    const key = outcome * 65536 + reason;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  name(reason: number, text: string): void {
    this.#names.set(reason, text);
  }

  endOfJournal(): void {
    for (const [key, count] of this.#counts) {
      const outcome = named.find((name) => outcomes[name] === Math.floor(key / 65536));
      const reason = this.#names.get(key % 65536);
      if (outcome === undefined || reason === undefined) continue; // the record of its name was cut off
      const totals = this.#totals.get(outcome) ?? new Map<string, number>();
      totals.set(reason, (totals.get(reason) ?? 0) + count);
      this.#totals.set(outcome, totals);
    }
    this.#counts.clear();
    this.#names.clear();
  }

  /** The most frequent reason first. */
  get answers(): Answers {
    return Object.fromEntries(
      named.flatMap((outcome) => {
        const totals = [...(this.#totals.get(outcome) ?? [])].sort(([, a], [, b]) => b - a);
        return totals.length === 0 ? [] : [[outcome, Object.fromEntries(totals)]];
      }),
    );
  }
}
