/** The records of one run, opened for questions about single messages: no journal is read from end to end. */

import { missingFrom } from '../audit/evidence/evidence.ts';
import { type Source, takeInventory } from '../audit/evidence/inventory.ts';
import { type RunRecord as RunnerRecord, readRunRecord } from '../audit/evidence/run-record.ts';
import { messageOf } from '../errors.ts';
import type { ReadDetail } from '../journal/event.ts';
import type { JournalHeader } from '../journal/header.ts';
import { JournalLookup } from '../journal/lookup/lookup.ts';
import { readTail } from '../journal/tail.ts';
import type { ProducerJournal } from './message-name.ts';

export interface OpenJournal {
  readonly path: string;
  readonly file: string;
  readonly writer: string;
  /** Number of the producer that wrote it, if one did. */
  readonly producer?: number;
  readonly lookup: JournalLookup;
}

type Role = JournalHeader['role'];

export class RunRecords implements Disposable {
  readonly header: JournalHeader | undefined;
  readonly runner: RunnerRecord;
  readonly producers: readonly ProducerJournal[];
  readonly #sources: readonly Source[];
  readonly #open = new Map<string, OpenJournal>();
  readonly #unreadable = new Map<string, string>();

  private constructor(
    sources: readonly Source[],
    header: JournalHeader | undefined,
    runner: RunnerRecord,
    producers: readonly ProducerJournal[],
  ) {
    this.#sources = sources;
    this.header = header;
    this.runner = runner;
    this.producers = producers;
  }

  static async open(journals: readonly string[]): Promise<RunRecords> {
    const { sources, header, runner } = takeInventory(journals);
    const record = await readRunRecord(runner);
    const producers = sources.flatMap((source) => {
      const { producer, role, writer } = source.header ?? {};
      if (role !== 'producer' || producer === undefined || writer === undefined || !isReadable(source)) return [];
      return [{ producer, writer, messages: once(() => readTail(source.path, producer).top) }];
    });
    return new RunRecords(sources, header, record, producers);
  }

  /** Whether anybody in this role left a journal. */
  has(role: Role): boolean {
    return this.#sources.some(({ header }) => header?.role === role);
  }

  /** The journals of a role, opened when first asked for. */
  async journals(role: Role, producer?: number): Promise<OpenJournal[]> {
    const opened: OpenJournal[] = [];
    for (const source of this.#sources) {
      const { header } = source;
      if (header?.role !== role || !isReadable(source)) continue;
      if (producer !== undefined && header.producer !== producer) continue;
      const journal = await this.#openOnce(source, header);
      if (journal !== undefined) opened.push(journal);
    }
    return opened;
  }

  /** What the independent reader went through. */
  async reads(): Promise<readonly ReadDetail[]> {
    return (await this.journals('reader')).flatMap(({ lookup }) => lookup.index.reads);
  }

  writerOf(producer: number): string {
    return this.producers.find((each) => each.producer === producer)?.writer ?? `producer-${producer}`;
  }

  groupOf(group: number): string {
    return this.header?.groups[group] ?? `group ${group}`;
  }

  /** No record of its writer is missing from it, as far as anybody noted. */
  isWhole({ file }: OpenJournal): boolean {
    const source = this.#sources.find((each) => each.file === file);
    return source !== undefined && this.#problemOf(source) === undefined;
  }

  /** Journals that do not tell all, of those that were looked into or could not be. */
  damages(): string[] {
    const { runner } = this;
    const told = this.#sources.flatMap((source) => {
      const problem = this.#problemOf(source);
      return problem === undefined ? [] : [`${source.file}: ${problem}`];
    });
    const here = new Set(this.#sources.map(({ file }) => file));
    const missing = runner.workers.filter(({ journal }) => !here.has(journal.slice(journal.lastIndexOf('/') + 1)));
    return [
      ...told,
      ...missing.map(({ name, journal }) => `${journal}: the journal of ${name} is missing`),
      ...(runner.complete ? [] : ['the journal of the runner is not closed: the run did not come to its end']),
    ];
  }

  [Symbol.dispose](): void {
    for (const { lookup } of this.#open.values()) lookup[Symbol.dispose]();
  }

  async #openOnce(source: Source, header: JournalHeader): Promise<OpenJournal | undefined> {
    const known = this.#open.get(source.file);
    if (known !== undefined || this.#unreadable.has(source.file)) return known;
    try {
      const { path, file } = source;
      const { writer, producer } = header;
      const own = producer === undefined ? {} : { producer };
      const opened = { path, file, writer, ...own, lookup: await JournalLookup.open(path) };
      this.#open.set(source.file, opened);
      return opened;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      this.#unreadable.set(source.file, messageOf(error));
      return undefined;
    }
  }

  #problemOf(source: Source): string | undefined {
    if (source.problem !== undefined) return source.problem;
    const open = this.#open.get(source.file);
    if (open === undefined) return this.#unreadable.get(source.file);
    const { damaged, index } = open.lookup;
    if (damaged !== undefined) return `record ${damaged} is damaged`;
    if (index.end.state === 'torn') return `${index.end.reason}; what follows is not read`;
    if (source.header?.role === 'runner') return undefined;
    return missingFrom({ ...source, state: index.end.state, records: index.end.records }, this.runner);
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function isReadable({ state }: Source): boolean {
  return state !== 'unreadable';
}
