/** What must be known of all records before the first journal's header can be written, and their names as numbers. */
import { ToolError } from '../../errors.ts';
import { none16, noPosition, outcomes } from '../event.ts';
import type { ImportHeader } from './journal-set.ts';
import type { NamedPlaces } from './log/named-places.ts';
import { nothing, type PartedEffect, type PartedReceived, type PartedSent } from './parts/parted.ts';
import { Sequences } from './parts/sequences.ts';
import { Places } from './places.ts';
import type { EffectRecord, ReceivedRecord, SentRecord } from './record.ts';
import { Numbers, Routes } from './routes.ts';

const mostGroups = 255;
/** The audit keeps a number for each of them, in each session and partition. */
const mostProducers = 4096;
const onlyGroup = 'consumers';
/** Doubles keep times of this century to 256 ns. */
const leadNs = 1024;

export class Seen {
  readonly places = new Places();
  readonly topics = new Numbers(none16);
  readonly routes = new Routes(this.topics);
  readonly groups = new Numbers(mostGroups);
  readonly sessions = new Numbers(none16);
  readonly producers = new Numbers(mostProducers);
  readonly sequences = new Sequences();
  /** Every record has a time. */
  timed = true;
  /** Every sent record has one. */
  sentTimed = true;
  /** Earliest and latest time in the records; infinite where none has one. */
  firstNs = Number.POSITIVE_INFINITY;
  lastNs = Number.NEGATIVE_INFINITY;
  /** Where a log is read beside the records. */
  readonly named: NamedPlaces | undefined;
  readonly #receivedName: string;
  #received = 0;
  #placed = false;
  #unplaced = 0;
  #routed = false;
  #topical = false;

  constructor(receivedName: string, named: NamedPlaces | undefined) {
    this.#receivedName = receivedName;
    this.named = named;
  }

  sent(record: SentRecord): PartedSent {
    const { producer, sequence } = record;
    const number = producer === undefined || sequence === undefined ? none16 : this.producers.of(producer);
    const parted: PartedSent = {
      id: record.id,
      ...this.#place(record),
      outcome: outcomes[record.outcome],
      producer: number,
      sequence: number === none16 ? nothing : (sequence as number),
    };
    if (number !== none16) this.sequences.add(number, parted.sequence);
    if (parted.timeNs === nothing) this.sentTimed = false;
    if (parted.outcome === outcomes.acked) {
      this.places.acked(parted);
      this.named?.acked(parted, parted.id);
    }
    return parted;
  }

  /** @throws ToolError `too-many-groups` (exit 2). */
  received(record: ReceivedRecord, file: number): PartedReceived {
    const group = this.groups.of(record.group ?? onlyGroup);
    if (group === none16) throw this.#tooManyGroups();
    const parted: PartedReceived = {
      id: record.id,
      ...this.#place(record),
      index: this.#received,
      group,
      session: this.sessions.of(record.session === undefined ? `file ${file}` : `session ${record.session}`),
      redelivered: record.redelivered === true,
    };
    this.#received += 1;
    if (parted.position === noPosition) this.#unplaced += 1;
    else this.#placed = true;
    if (record.partition !== undefined) this.#routed = true;
    if (record.topic !== undefined) this.#topical = true;
    return parted;
  }

  /** After all that was received. @throws Error for a group that received nothing, or that is not named among several. */
  effect({ id, group, count }: EffectRecord): PartedEffect {
    const { names } = this.groups;
    if (group !== undefined && !names.includes(group)) throw new Error(`the group ${group} received nothing`);
    if (group === undefined && names.length !== 1)
      throw new Error(`it names no group, and ${names.length} received something`);
    return { id, group: group === undefined ? 0 : this.groups.of(group), count };
  }

  header(sentFile: string, receivedFile: string): ImportHeader {
    return {
      sentFile,
      receivedFile,
      groups: this.groups.names,
      partitions: this.routes.count,
      positions: this.#placed || this.named !== undefined ? 'partition' : 'none',
      partitioned: this.#routed,
      topics: this.#topical,
      ...{ firstNs: this.baseNs, lastNs: this.lastNs },
    };
  }

  /**
   * The journals' base. Where faults are laid beside the records it is before the first of them: what has no time stands at
   * the base, and before every fault.
   */
  get baseNs(): number {
    return this.named === undefined ? this.firstNs : this.firstNs - leadNs;
  }

  /** Why the order of what was received cannot be judged, as far as it shows by now; undefined where it can. */
  disorder(): string | undefined {
    if (this.producers.full) return `the sent messages have more than ${mostProducers} producers`;
    if (!this.sequences.some) return 'the records do not say which producer sent what';
    if (this.sequences.sparse) return 'the sequences lie too far apart';
    if (this.sessions.full) return `the received lines have more than ${none16} sessions`;
    return undefined;
  }

  /** Why it can be judged of some alone. */
  partOrder(): string | undefined {
    if (!this.#placed || this.#unplaced === 0) return undefined;
    return `${this.#unplaced} of ${this.#received} received lines have no position`;
  }

  #place({ topic, partition, position, checksum, timeNs }: SentRecord | ReceivedRecord) {
    if (timeNs === undefined) this.timed = false;
    else {
      this.firstNs = Math.min(this.firstNs, timeNs);
      this.lastNs = Math.max(this.lastNs, timeNs);
    }
    const topicNumber = topic === undefined ? none16 : this.topics.of(topic);
    this.routes.see(topicNumber, partition ?? none16);
    const place = { topic: topicNumber, partition: partition ?? none16, position: position ?? noPosition };
    this.named?.see(place);
    return {
      ...place,
      timeNs: timeNs ?? nothing,
      checksum: checksum ?? '',
    };
  }

  #tooManyGroups(): ToolError {
    return new ToolError(`${this.#receivedName}: more consumer groups than ${mostGroups}, which is the most`, {
      code: 'too-many-groups',
      hint: 'group is the consumer group, not the consumer: use session for that',
    });
  }
}
