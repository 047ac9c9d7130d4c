import { offsetCommit, offsetFetch } from '../../../src/broker/wire/apis/offsets.ts';
import { code } from '../../../src/broker/wire/codes.ts';
import { type Client, topic } from './client.ts';
import type { History } from './history.ts';
import type { Membership } from './membership.ts';
import { read } from './reading.ts';

/**
 * Reads partitions from where its group has got to, commits now and then, and now and then begins anew. With a membership
 * it reads those that it is assigned; without one, all.
 */
export class Consumer {
  readonly #client: Client;
  readonly #group: string;
  readonly #history: History;
  readonly #partitions: number;
  readonly #membership: Membership | undefined;
  readonly #positions = new Map<number, number>();

  constructor(client: Client, group: string, history: History, partitions: number, membership?: Membership) {
    this.#client = client;
    this.#group = group;
    this.#history = history;
    this.#partitions = partitions;
    this.#membership = membership;
  }

  async run(ends: () => boolean): Promise<void> {
    while (!ends()) {
      await this.#turn().catch(() => {
        this.#client.forget();
        this.#membership?.lose();
      });
      await this.#client.pause(20 + 150 * this.#client.random.float());
    }
  }

  async #turn(): Promise<void> {
    const { random } = this.#client;
    if ((await this.#membership?.keep()) === true) this.#positions.clear();
    const mine = this.#membership?.partitions ?? Array.from({ length: this.#partitions }, (_, index) => index);
    if (mine.length > 0) await this.#advance(random.pick(mine));
  }

  async #advance(partition: number): Promise<void> {
    const { random } = this.#client;
    if (!this.#positions.has(partition) || random.int(15) === 0) await this.resume(partition);
    const position = this.#positions.get(partition);
    if (position === undefined) return;
    const found = await read(this.#client, partition, position, random.int(200));
    if (found === undefined || found.errorCode !== code.NONE) {
      this.#client.forget();
      if (found?.errorCode !== code.OFFSET_OUT_OF_RANGE) return;
      this.#history.breaches.push(
        `${this.#client.name} was shown ${partition} up to ${position}, which is out of range now`,
      );
      this.#positions.set(partition, 0);
      return;
    }
    for (const { offset, value } of found.records) {
      this.#history.saw(partition, offset, value, this.#client.name);
      this.#positions.set(partition, offset + 1);
    }
    if (random.int(3) === 0) await this.#commit(partition);
  }

  async #commit(partition: number): Promise<void> {
    const offset = this.#positions.get(partition) ?? 0;
    const partitions = [{ index: partition, offset, leaderEpoch: -1, metadata: '' }];
    const topics = [{ name: topic, partitions }];
    const { generationId = -1, memberId = '' } = this.#membership ?? {};
    const request = { ...offsetCommit.request.zero, groupId: this.#group, generationId, memberId, topics };
    const settle = this.#history.committing(this.#group, partition, offset);
    const answer = await this.#client.callCoordinator(this.#group, offsetCommit, request);
    const errorCode = answer?.topics[0]?.partitions[0]?.errorCode;
    if (errorCode === code.NONE) return settle();
    this.#client.forget();
    this.#membership?.lose();
  }

  /** Goes back to where its group has committed. Returns whether that is known. @throws when nobody answers. */
  async resume(partition: number): Promise<boolean> {
    const groups = [{ groupId: this.#group, topics: [{ name: topic, partitions: [partition] }] }];
    const answer = await this.#client.callCoordinator(this.#group, offsetFetch, {
      ...offsetFetch.request.zero,
      groups,
    });
    const found = answer?.groups[0]?.topics[0]?.partitions[0];
    if (answer?.groups[0]?.errorCode !== code.NONE || found?.errorCode !== code.NONE) {
      this.#client.forget();
      return false;
    }
    this.#history.foundCommitted(this.#group, partition, found.offset);
    this.#positions.set(partition, Math.max(0, found.offset));
    return true;
  }
}
