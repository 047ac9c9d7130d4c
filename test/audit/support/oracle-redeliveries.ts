/** The truth about tries after the first, and dead letters; shares no code with the audit. */
import type { Event } from '../../../src/journal/event.ts';
import type { Model } from './model.ts';

type Of<K extends Event['kind']> = Extract<Event, { kind: K }>;

interface Try {
  readonly group: number;
  readonly producer: number;
  readonly seq: number;
  readonly attempt: number;
}

/** Keys are `group p1#0`. */
export class Redeliveries {
  receipts = 0;
  readonly again = new Set<string>();
  /** Some try was received twice. */
  readonly repeated = new Set<string>();
  readonly over = new Set<string>();
  readonly failed = new Set<string>();
  readonly dead = new Set<string>();
  readonly #model: Model;
  readonly #tries = new Map<string, Set<number>>();
  readonly #failures = new Map<string, Set<number>>();

  constructor(model: Model) {
    this.#model = model;
  }

  /** False for a try that was received before. */
  receive(event: Of<'received'>): boolean {
    const key = keyOf(event);
    this.receipts += 1;
    this.again.add(key);
    const { redelivery } = this.#model;
    if (redelivery !== undefined && event.attempt > redelivery.attempts + 1) this.over.add(key);
    const tries = this.#tries.get(key) ?? new Set();
    const fresh = !tries.has(event.attempt);
    if (!fresh) this.repeated.add(key);
    this.#tries.set(key, tries.add(event.attempt));
    return fresh;
  }

  fail(event: Event): void {
    if (event.kind !== 'processingFailed' && event.kind !== 'redeliveryScheduled' && event.kind !== 'deadLettered')
      return;
    const key = keyOf(event);
    this.failed.add(key);
    if (event.kind !== 'processingFailed') return;
    this.#failures.set(key, (this.#failures.get(key) ?? new Set()).add(event.attempt));
  }

  bury(event: Of<'dead'>): void {
    this.dead.add(keyOf(event));
  }

  succeeded(key: string, first: boolean): boolean {
    const tries = [...(this.#tries.get(key) ?? []), ...(first ? [1] : [])];
    return tries.some((attempt) => this.#failures.get(key)?.has(attempt) !== true);
  }

  /** The dead letter topic could not be read: the drain is not proven. */
  unread(group: number): boolean {
    return this.#step(group)?.ok === false;
  }

  deadKnown(group: number): boolean {
    const journal = this.#model.journals.find(({ role }) => role === 'dead-letters');
    return journal?.closed === true && this.#step(group)?.ok === true;
  }

  #step(group: number): Of<'drain'> | undefined {
    return this.#model.runner.findLast(
      (event): event is Of<'drain'> =>
        event.kind === 'drain' && event.step === 'dead-letters' && event.detail.group === group,
    );
  }
}

function keyOf({ group, producer, seq }: Omit<Try, 'attempt'>): string {
  return `${group} p${producer}#${seq}`;
}
