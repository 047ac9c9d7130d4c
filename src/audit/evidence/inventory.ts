/** The journals that an audit was given: who wrote each of them, whether it is readable, and how it ended. */
import { basename } from 'node:path';
import { messageOf, ToolError } from '../../errors.ts';
import type { JournalHeader } from '../../journal/header.ts';
import { type Pass, readJournalHeader, scanJournal, type Watcher } from '../../journal/reader.ts';
import type { Loops } from '../../loops/loops.ts';

export type Role = JournalHeader['role'];

export interface Source {
  readonly path: string;
  readonly file: string;
  /** Absent if the header is unreadable: then nobody knows who wrote the journal. */
  readonly header?: JournalHeader;
  state: 'closed' | 'unclosed' | 'torn' | 'unreadable';
  records: number;
  problem?: string;
}

export interface Inventory {
  readonly sources: readonly Source[];
  readonly runner?: Source;
  /** The header of the runner's journal, or of any other if there is none. */
  readonly header?: JournalHeader;
  readonly problems: readonly string[];
}

/** Journals that an import has made are called as it pleases. */
const imported = 'import';

const roles: readonly string[] = ['runner', 'producer', 'consumer', 'reader', 'store', 'dead-letters'] satisfies Role[];

export function takeInventory(paths: readonly string[]): Inventory {
  const sources = paths.map(openSource);
  const runner = sources.find((source) => source.header?.role === 'runner');
  const header = runner?.header ?? sources.find((source) => source.header !== undefined)?.header;
  const problems: string[] = [];
  const producers = new Set<number>();
  for (const source of sources) {
    const problem = strangeness(source, runner, header, producers);
    if (problem !== undefined) {
      source.state = 'unreadable';
      source.problem = problem;
    }
    if (source.problem !== undefined) problems.push(`${source.file}: ${source.problem}`);
  }
  return {
    sources,
    problems,
    ...(runner === undefined ? {} : { runner }),
    ...(header === undefined ? {} : { header }),
  };
}

/** The readable sources of one role. */
export function sourcesOf(inventory: Inventory, role: Role): Source[] {
  return inventory.sources.filter((source) => source.header?.role === role && source.state !== 'unreadable');
}

/**
 * Runs a pass over a source and notes how its journal ended. If the file vanishes or cannot be read, it ended there.
 */
export async function scanSource(source: Source, pass: Pass, loops?: Loops, watcher?: Watcher): Promise<void> {
  try {
    const end = await scanJournal(source.path, watcher === undefined ? pass : both(pass, watcher.pass), loops);
    watcher?.end(end);
    source.state = end.state;
    source.records = end.records;
    if (end.reason !== undefined) source.problem = end.reason;
  } catch (error) {
    if (!isOfTheFile(error)) throw error;
    source.state = 'torn';
    source.problem = messageOf(error);
  }
}

function both(one: Pass, other: Pass): Pass {
  return (words, endWord) => {
    one(words, endWord);
    other(words, endWord);
  };
}

/**
 * Whether an error comes from the file: it vanished, could not be read, or was written by a later version. Any other
 * error is a bug of ours, or memory ran out.
 */
function isOfTheFile(error: unknown): boolean {
  if (error instanceof ToolError) return error.code === 'unknown-code';
  return (error as NodeJS.ErrnoException).syscall !== undefined;
}

function openSource(path: string): Source {
  const file = basename(path);
  try {
    return { path, file, header: readJournalHeader(path), state: 'unclosed', records: 0 };
  } catch (error) {
    return { path, file, state: 'unreadable', records: 0, problem: messageOf(error) };
  }
}

/** Why a journal with a readable header cannot be part of this history; undefined if it can. */
function strangeness(
  source: Source,
  runner: Source | undefined,
  header: JournalHeader | undefined,
  producers: Set<number>,
): string | undefined {
  const own = source.header;
  if (own === undefined || header === undefined) return undefined;
  if (!roles.includes(own.role)) return `written by a ${String(own.role)}, which this version does not know`;
  if (own.client !== imported && source.file !== `${own.writer}.journal`) return `holds the journal of ${own.writer}`;
  if (own.run !== header.run) return `belongs to run ${own.run}, not to ${header.run}`;
  if (own.role === 'runner' && source !== runner) return 'a second journal of the runner';
  if (own.role !== 'producer') return undefined;
  if (own.producer === undefined) return 'names no producer';
  if (producers.has(own.producer)) return `a second journal of producer ${own.producer}`;
  producers.add(own.producer);
  return undefined;
}
