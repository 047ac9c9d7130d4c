/** Topics and groups of ours on a broker: entered in the ledger before they are made, removed at the end. */
import type { Ledger } from '../cluster/ledger.ts';
import type { Admin } from '../drivers/driver.ts';
import { messageOf } from '../errors.ts';

const removeBoundMs = 15_000;

export class Belongings {
  readonly #admin: Admin;
  readonly #ledger: Ledger;
  readonly #remove: boolean;
  readonly #made: {
    readonly id: number;
    readonly name: string;
    readonly undo: (signal: AbortSignal) => Promise<void>;
  }[] = [];

  /** @param remove false: the broker goes with the run, and its data is evidence. */
  constructor(admin: Admin, ledger: Ledger, remove: boolean) {
    this.#admin = admin;
    this.#ledger = ledger;
    this.#remove = remove;
  }

  topic(topic: string): void {
    if (!this.#remove) return;
    const id = this.#ledger.add({ kind: 'topic', topic });
    this.#made.push({ id, name: `topic ${topic}`, undo: (signal) => this.#admin.deleteTopic(topic, signal) });
  }

  group(group: string): void {
    if (!this.#remove) return;
    const id = this.#ledger.add({ kind: 'group', group });
    this.#made.push({ id, name: `group ${group}`, undo: (signal) => this.#admin.deleteGroups([group], signal) });
  }

  /** Removes them, newest first. What could not be removed stays open in the ledger and is returned with the reason. */
  async remove(): Promise<string[]> {
    const left: string[] = [];
    for (const { id, name, undo } of this.#made.reverse()) {
      try {
        await undo(AbortSignal.timeout(removeBoundMs));
        this.#ledger.done(id);
      } catch (error) {
        left.push(`${name}: ${messageOf(error)}`);
      }
    }
    return left;
  }
}
