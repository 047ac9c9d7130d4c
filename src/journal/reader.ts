/**
 * Reads a journal to its last whole record, in chunks that stay in the core's cache until the pass has read them: a
 * chunk that another thread read ahead costs more than it saves. Three ways to end: closed (its writer finished),
 * unclosed (its writer was killed: normal where a fault killed it), torn (damaged inside: what follows is not read).
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { exitCodes, ToolError } from '../errors.ts';
import { type Loops, takeLoops } from '../loops/loops.ts';
import { kinds, marks } from './event.ts';
import { decodeHeader, headerSizeBytes, type JournalHeader, notAJournal } from './header.ts';
import { getRecord, recordSizeBytes, recordWords } from './record.ts';

/** Chunks between two looks at the event loop (about 10 ms): a signal or a terminal must not wait for a whole file. */
const chunksPerTurn = 32;
/** Of a chunk that is no loop's: it stays in a core's cache. */
const chunkRecords = 8192;

export interface JournalEnd {
  readonly state: 'closed' | 'unclosed' | 'torn';
  /** Whole records that were read. */
  readonly records: number;
  /** Bytes after the last whole record that are no record. */
  readonly leftBytes: number;
  /** What is damaged and where, for torn. */
  readonly reason?: string;
}

/** Called with whole, checked records: words[0, endWord), the chunk of the loops. It is reused after the call. */
export type Pass = (words: Int32Array, endWord: number) => void;

/** A pass that goes beside another one, and is told how the journal ended. */
export interface Watcher {
  readonly pass: Pass;
  end(end: JournalEnd): void;
}

/** @throws ToolError `not-a-journal`, `journal-version` (exit 2); the errno of the file system otherwise. */
export function readJournalHeader(path: string): JournalHeader {
  // whoever opens a pipe waits for somebody who writes into it
  if (!statSync(path).isFile()) throw notAJournal(path);
  const fd = openSync(path, 'r');
  try {
    const page = Buffer.alloc(headerSizeBytes);
    return decodeHeader(page.subarray(0, readSync(fd, page, 0, headerSizeBytes, 0)), path);
  } finally {
    closeSync(fd);
  }
}

/** Runs one pass over a journal. `loops`: those that the pass runs over the records; any other pass needs none. */
export async function scanJournal(path: string, pass: Pass, loops?: Loops): Promise<JournalEnd> {
  if (loops === undefined) {
    using own = takeLoops();
    return await scanJournal(path, pass, own);
  }
  const fd = openSync(path, 'r');
  try {
    const sizeBytes = fstatSync(fd).size;
    const end = new EndSeeker(loops);
    await eachChunk(fd, sizeBytes, loops.chunk, (words, endWord) => {
      const wholeWords = end.follow(words, endWord);
      if (wholeWords > 0) pass(words, wholeWords);
      return wholeWords === endWord;
    });
    return end.result(Math.max(0, sizeBytes - headerSizeBytes));
  } finally {
    closeSync(fd);
  }
}

/** Runs a pass over the first `records` records of a journal again, which a scan has found to be whole. */
export async function rescanJournal(path: string, records: number, pass: Pass): Promise<void> {
  using loops = takeLoops();
  const fd = openSync(path, 'r');
  try {
    await eachChunk(fd, headerSizeBytes + records * recordSizeBytes, loops.chunk, (words, endWord) => {
      if (endWord > 0) pass(words, endWord);
      return true;
    });
  } finally {
    closeSync(fd);
  }
}

/**
 * The first `records` records of a journal, which a scan has found to be whole, chunk by chunk as somebody asks for them;
 * `backward`: the last chunk first. A chunk is reused for the next one.
 * @throws ToolError `journal-torn` (exit 3) if it has become shorter.
 */
export function* journalChunks(
  path: string,
  records: number,
  order: 'forward' | 'backward' = 'forward',
): Generator<Int32Array> {
  const fd = openSync(path, 'r');
  try {
    const words = new Int32Array(chunkRecords * recordWords);
    for (const [at, endBytes] of spans(headerSizeBytes + records * recordSizeBytes, words.byteLength, order)) {
      const endWord = readChunk(fd, words, at, endBytes);
      if (endWord * 4 < endBytes - at) throw shorter(path);
      yield words.subarray(0, endWord);
    }
  } finally {
    closeSync(fd);
  }
}

/** Whole records that a journal file has room for; 0 when its writer ended before it made it. */
export function countRecords(path: string): number {
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return Math.floor(Math.max(0, sizeBytes - headerSizeBytes) / recordSizeBytes);
}

/** Messages that a producer's journal begins: its first attempts. */
export async function countMessages(path: string): Promise<number> {
  let count = 0;
  await scanJournal(path, (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) {
      const { kind, attempt } = getRecord(words, at);
      if (kind === kinds.intended && attempt === 1) count += 1;
    }
  });
  return count;
}

/** `take` is given whole records' words, and says whether to go on. */
async function eachChunk(
  fd: number,
  endBytes: number,
  words: Int32Array,
  take: (words: Int32Array, endWord: number) => boolean,
): Promise<void> {
  let chunks = 0;
  for (const [at, end] of spans(endBytes, words.byteLength, 'forward')) {
    if (!take(words, readChunk(fd, words, at, end))) break;
    chunks += 1;
    if (chunks % chunksPerTurn === 0) await setImmediate();
  }
}

function shorter(path: string): ToolError {
  return new ToolError(`${path} is shorter than it was when it was last read`, {
    code: 'journal-torn',
    hint: 'mqchaos audit RUN says what can be trusted',
    exitCode: exitCodes.inconclusive,
  });
}

/** Where the chunks of a journal begin and end, in bytes. */
function* spans(endBytes: number, size: number, order: 'forward' | 'backward'): Generator<[at: number, end: number]> {
  const count = Math.ceil(Math.max(0, endBytes - headerSizeBytes) / size);
  for (let chunk = 0; chunk < count; chunk += 1) {
    const at = headerSizeBytes + (order === 'forward' ? chunk : count - 1 - chunk) * size;
    yield [at, Math.min(at + size, endBytes)];
  }
}

/** Returns how many words of whole records there were. */
function readChunk(fd: number, words: Int32Array, at: number, endBytes: number): number {
  const bytes = readSync(fd, words, 0, endBytes - at, at);
  return (bytes - (bytes % recordSizeBytes)) / 4;
}

/** Follows the records to the first that is not whole, and remembers whether the last one was the closing mark. */
class EndSeeker {
  readonly #loops: Loops;
  #records = 0;
  #closed = false;
  #reason: string | undefined;

  constructor(loops: Loops) {
    this.#loops = loops;
  }

  /** Number of words that are whole records; less than `endWord` at the first damage. */
  follow(words: Int32Array, endWord: number): number {
    if (this.#closed && endWord > 0) {
      this.#reason = 'records follow the closing mark';
      return 0;
    }
    const whole = this.#loops.records.run(0, endWord);
    if (whole > 0) this.#lastRecord(words, whole);
    if (whole < endWord && this.#closed) this.#reason ??= 'records follow the closing mark';
    if (whole < endWord && this.#reason === undefined) {
      this.#reason = `record ${this.#records} (byte ${headerSizeBytes + this.#records * recordSizeBytes}) is damaged`;
    }
    return whole;
  }

  #lastRecord(words: Int32Array, endWord: number): void {
    const last = getRecord(words, endWord - recordWords);
    const before = this.#records + endWord / recordWords - 1;
    this.#records = before + 1;
    this.#closed = last.kind === kinds.mark && last.code === marks.closed;
    if (this.#closed && last.position !== before) {
      this.#reason = `the closing mark counts ${last.position} records, the file holds ${before}`;
    }
  }

  result(bodyBytes: number): JournalEnd {
    const leftBytes = bodyBytes - this.#records * recordSizeBytes;
    const counts = { records: this.#records, leftBytes };
    if (this.#reason !== undefined) return { state: 'torn', ...counts, reason: this.#reason };
    if (this.#closed && leftBytes > 0) return { state: 'torn', ...counts, reason: 'bytes follow the closing mark' };
    return { state: this.#closed ? 'closed' : 'unclosed', ...counts };
  }
}
