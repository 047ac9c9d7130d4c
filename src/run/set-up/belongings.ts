/**
 * What a run makes on a broker: its topics, and the groups that are made with them or by its consumers. On a broker that is
 * not ours they are entered in the ledger before they are made, and removed at the end; a broker of ours keeps them as
 * evidence.
 */
import type { Ledger } from '../../cluster/undo/ledger.ts';
import { messageOf, ToolError } from '../../errors.ts';
import type { Channel } from '../../products/channel.ts';
import type { Admin } from '../../products/driver.ts';
import type { RunContext } from '../context.ts';

/** For all of them together. */
const removeBoundMs = 30_000;

export class Belongings {
  readonly #admin: Admin;
  readonly #ledger: Ledger;
  readonly #remove: boolean;
  readonly #made: {
    readonly id: number;
    readonly name: string;
    readonly undo: (signal: AbortSignal) => Promise<void>;
  }[] = [];

  constructor(admin: Admin, ledger: Ledger, remove: boolean) {
    this.#admin = admin;
    this.#ledger = ledger;
    this.#remove = remove;
  }

  /** @throws ToolError (exit 4) when a topic cannot be made, or is there already: then it is not ours to remove. */
  async make({ channel, probeChannel, queues }: RunContext, signal: AbortSignal): Promise<void> {
    const aside = queues.flatMap(({ retry, dead }) => [retry, ...(dead === undefined ? [] : [dead])]);
    const channels = [channel, probeChannel, ...aside];
    for (const each of channels) {
      const before = this.#made.length;
      this.#enterAll(each);
      await this.#admin.declare(each, signal).catch((error: unknown) => {
        if (error instanceof ToolError && error.code === 'channel-exists') this.#disown(before);
        throw error;
      });
    }
  }

  /** Removes them, newest first. What could not be removed stays open in the ledger, and is returned with the reason. */
  async remove(): Promise<string[]> {
    const left: string[] = [];
    const bound = AbortSignal.timeout(removeBoundMs);
    for (const { id, name, undo } of this.#made.reverse()) {
      try {
        await undo(bound);
        this.#ledger.done(id);
      } catch (error) {
        left.push(`${name}: ${messageOf(error)}`);
      }
    }
    return left;
  }

  /** A channel, and its groups: brokers on which a group has a queue or a subscription make them with the channel. */
  #enterAll({ name, groups }: Channel): void {
    this.#enter({ kind: 'topic', topic: name }, `topic ${name}`, (bound) => this.#admin.remove(name, bound));
    for (const group of groups) {
      this.#enter({ kind: 'group', group }, `group ${group}`, (bound) => this.#admin.removeGroups([group], bound));
    }
  }

  /** What was entered after the first `before` entries turned out to be somebody else's. */
  #disown(before: number): void {
    for (const { id } of this.#made.splice(before)) this.#ledger.done(id);
  }

  #enter(entry: Parameters<Ledger['add']>[0], name: string, undo: (signal: AbortSignal) => Promise<void>): void {
    if (this.#remove) this.#made.push({ id: this.#ledger.add(entry), name, undo });
  }
}
