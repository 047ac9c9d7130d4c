/** A run's journals, opened for reading from end to end, and the names that numbers in them stand for. */
import type { RunRecord as RunnerRecord } from '../../audit/evidence/run-record.ts';
import { type OpenJournal, RunRecords } from '../../explain/records.ts';
import { shortGroup } from '../../report/words/phrases.ts';
import { NameList } from './names.ts';

export interface RunJournal {
  readonly path: string;
  readonly file: string;
  /** Number of its writer's name. */
  readonly writer: number;
  readonly records: number;
  /** No record of its writer is missing. */
  readonly whole: boolean;
  /** By the number of an error in this journal: the number of its name. */
  readonly errors: readonly number[];
}

type Role = 'producer' | 'consumer' | 'reader' | 'store' | 'dead-letters';
const roles: readonly Role[] = ['producer', 'consumer', 'reader', 'store', 'dead-letters'];

export class QueriedRun implements Disposable {
  readonly runner: RunnerRecord;
  /** Its name on the broker, with which the names of groups begin in full. */
  readonly topic: string;
  /** Journals that do not tell all, a sentence each. */
  readonly damages: readonly string[];
  /** Of the processes that wrote journals: `p1.1`, `c2.1`. */
  readonly writers: NameList;
  readonly errors: NameList;
  readonly groups: NameList;
  readonly #groupNumbers: readonly number[];
  readonly #records: RunRecords;
  readonly #journals: ReadonlyMap<Role, readonly RunJournal[]>;
  /** By the number of a producer: the number of its writer's name; 0 where no journal is of that producer. */
  readonly #producers = new Uint32Array(65536);

  private constructor(records: RunRecords, opened: ReadonlyMap<Role, readonly OpenJournal[]>) {
    const all = [...opened.values()].flat();
    this.#records = records;
    this.runner = records.runner;
    this.damages = records.damages();
    this.writers = new NameList(all.map(({ writer }) => writer));
    this.errors = new NameList(all.flatMap(({ lookup }) => Object.values(lookup.index.errors)));
    const { topic = '', groups = [] } = records.header ?? {};
    this.topic = topic;
    const shown = groups.map((group) => shortGroup(group, topic));
    this.groups = new NameList(shown);
    this.#groupNumbers = shown.map((group) => this.groups.number(group));
    for (const { producer, writer } of all) {
      if (producer !== undefined) this.#producers[producer] = this.writers.number(writer);
    }
    this.#journals = new Map(
      [...opened].map(([role, journals]) => [role, journals.map((each) => this.#journal(each))]),
    );
  }

  static async open(journals: readonly string[]): Promise<QueriedRun> {
    const records = await RunRecords.open(journals);
    const opened = new Map<Role, OpenJournal[]>();
    for (const role of roles) opened.set(role, await records.journals(role));
    return new QueriedRun(records, opened);
  }

  journals(role: Role): readonly RunJournal[] {
    return this.#journals.get(role) ?? [];
  }

  /** Number of the name of a producer's writer. */
  producer(number: number): number {
    return this.#producers[number] ?? 0;
  }

  /** Number of the name of a group. */
  group(number: number): number {
    return this.#groupNumbers[number] ?? 0;
  }

  [Symbol.dispose](): void {
    this.#records[Symbol.dispose]();
  }

  #journal(open: OpenJournal): RunJournal {
    const { path, file, writer, lookup } = open;
    const { end, errors } = lookup.index;
    const numbers: number[] = [];
    for (const [number, name] of Object.entries(errors)) numbers[Number(number)] = this.errors.number(name);
    return {
      ...{ path, file, records: end.records, whole: this.#records.isWhole(open) },
      ...{ writer: this.writers.number(writer), errors: numbers },
    };
  }
}
