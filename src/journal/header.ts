/**
 * The first page of a journal: who wrote it, for which run, by which clock.
 * Layout: magic `MQCJRNL1`, u16 version, u16 record size, u32 header size, u32 endian mark 0x01020304, u32 JSON length,
 * JSON; in the last four bytes of the page the CRC-32 of all before them, because a flipped bit in a producer's number
 * would turn its messages into somebody else's.
 * A reader refuses another magic or an unknown major version, and takes the record size as its stride.
 */
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ToolError } from '../errors.ts';
import { recordSizeBytes } from './record.ts';

export const headerSizeBytes = 4096;
export const journalVersion = 1;
const magic = 'MQCJRNL1';
const endianMark = 0x01020304;
const fixedBytes = 24;
const checksumAt = headerSizeBytes - 4;
/** Of producers and partitions: records have 16 bits for them, and the last value for none. */
const mostNumber = 0xfffe;
/** As of the above, with 8 bits. */
const mostGroups = 0xff;

export interface JournalHeader {
  readonly run: string;
  readonly role: 'runner' | 'producer' | 'consumer' | 'reader' | 'store' | 'dead-letters';
  /** Name of the writing process: `runner`, `p1.1` (worker p1, first incarnation), `c2.1`, `reader`, `effects`. */
  readonly writer: string;
  /** Incarnation number that this journal's messages carry; only for producers. One producer a file. */
  readonly producer?: number;
  readonly clock: ClockBase;
  readonly topic: string;
  readonly partitions: number;
  /** Names of the consumer groups of the run, in the order of their numbers. */
  readonly groups: readonly string[];
  /** How often consumers redeliver what failed, after the first try, and whether a dead letter follows. */
  readonly redelivery?: { readonly attempts: number; readonly deadLetter: boolean };
  /** `reported`: no store says what was processed, but the consumers' own records of effects do. */
  readonly effects?: 'reported';
  /** How positions of this broker compare: per partition (and epoch), or not at all. */
  readonly positions: 'partition' | 'none';
  readonly client?: string;
}

/** Times of two boots are never compared. `baseNs` is CLOCK_MONOTONIC at the run's base, as a decimal string. */
export interface ClockBase {
  readonly source: 'monotonic';
  readonly bootId: string;
  readonly baseNs: string;
  /** Wall clock at the base, RFC 3339: for people only. */
  readonly wall: string;
}

export function encodeHeader(header: JournalHeader): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  if (json.length > checksumAt - fixedBytes) {
    throw new ToolError(`journal header of ${header.writer} does not fit its page (${json.length} bytes)`, {
      code: 'journal-header-too-large',
      hint: 'use fewer or shorter group names',
    });
  }
  const page = Buffer.alloc(headerSizeBytes);
  page.write(magic, 0, 'latin1');
  page.writeUInt16LE(journalVersion, 8);
  page.writeUInt16LE(recordSizeBytes, 10);
  page.writeUInt32LE(headerSizeBytes, 12);
  page.writeUInt32LE(endianMark, 16);
  page.writeUInt32LE(json.length, 20);
  json.copy(page, fixedBytes);
  page.writeUInt32LE(crc32(page.subarray(0, checksumAt)), checksumAt);
  return page;
}

/** @throws ToolError `not-a-journal` or `journal-version`: exit 2; the file is named. */
export function decodeHeader(page: Buffer, file: string): JournalHeader {
  if (page.length < fixedBytes || page.toString('latin1', 0, magic.length) !== magic) {
    throw notAJournal(file);
  }
  const version = page.readUInt16LE(8);
  if (version !== journalVersion || page.readUInt16LE(10) !== recordSizeBytes) {
    throw new ToolError(`${file}: journal version ${version}, this mqchaos reads version ${journalVersion}`, {
      code: 'journal-version',
      hint: 'audit it with the mqchaos that wrote it',
    });
  }
  if (page.length < headerSizeBytes || crc32(page.subarray(0, checksumAt)) !== page.readUInt32LE(checksumAt)) {
    throw damaged(file);
  }
  const length = page.readUInt32LE(20);
  let header: unknown;
  try {
    header = JSON.parse(page.toString('utf8', fixedBytes, fixedBytes + length));
  } catch (cause) {
    throw damaged(file, cause);
  }
  if (!isHeader(header)) throw damaged(file);
  return header as JournalHeader;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Checked by hand: every journal has a header, and a library for schemas takes longer to load than the story of a message to
 * tell. A role that this version does not know is told as such.
 */
function isHeader(value: unknown): boolean {
  if (!isMap(value)) return false;
  const { run, role, writer, producer, clock, topic, partitions, groups, redelivery, effects, positions, client } =
    value;
  return (
    [run, role, writer, topic].every(isText) &&
    (producer === undefined || isCount(producer, mostNumber)) &&
    isMap(clock) &&
    isClock(clock) &&
    isCount(partitions, mostNumber) &&
    Array.isArray(groups) &&
    groups.length <= mostGroups &&
    groups.every(isText) &&
    (redelivery === undefined || (isMap(redelivery) && isRedelivery(redelivery))) &&
    (effects === undefined || effects === 'reported') &&
    (positions === 'partition' || positions === 'none') &&
    (client === undefined || isText(client))
  );
}

function isClock({ source, bootId, baseNs, wall }: Json): boolean {
  return source === 'monotonic' && isText(bootId) && isText(baseNs) && /^\d+$/.test(baseNs) && isText(wall);
}

function isRedelivery({ attempts, deadLetter }: Json): boolean {
  return isCount(attempts, Number.MAX_SAFE_INTEGER) && typeof deadLetter === 'boolean';
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

export function notAJournal(file: string): ToolError {
  return new ToolError(`${file}: not a journal of mqchaos`, {
    code: 'not-a-journal',
    hint: 'journals are the files named *.journal in a run folder; for other records use: mqchaos audit --sent FILE --received FILE',
  });
}

function damaged(file: string, cause?: unknown): ToolError {
  const hint = 'the rest of the run can be judged: mqchaos audit RUN';
  return new ToolError(`${file}: the journal's header is damaged`, { code: 'not-a-journal', hint, cause });
}

export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown'; // not Linux: one host, and no boot in the middle of a run
  }
}
