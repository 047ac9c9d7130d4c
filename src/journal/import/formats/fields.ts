/** The fields of records, checked one by one. What is wrong is said; nothing is guessed. */
import { noPosition, outcomes } from '../../event.ts';
import type { EffectRecord, ReceivedRecord, SentRecord, Side } from '../record.ts';

export type Fields = Record<string, unknown>;

/** Finds a field's value in what a line says. */
export interface Look {
  (fields: Fields): unknown;
  /** Where the caller's map says that it is; absent for a constant. */
  readonly at?: { readonly path: string; readonly find: (fields: Fields) => unknown };
}
export type FieldMap = Readonly<Partial<Record<FieldName, Look>>>;

const placed = ['id', 'topic', 'partition', 'position', 'checksum', 'time'] as const;

export const fieldsOf = {
  sent: [...placed, 'outcome', 'attempt', 'producer', 'sequence'],
  received: [...placed, 'group', 'session', 'redelivered'],
  effects: ['id', 'group', 'count'],
} as const satisfies Record<Side, readonly string[]>;

export type FieldName = (typeof fieldsOf)[Side][number];

/** Every field under its own name. */
export function ownNames(side: Side): FieldMap {
  return Object.fromEntries(fieldsOf[side].map((name) => [name, (fields: Fields) => fields[name]]));
}

const absent: Look = () => undefined;

/**
 * The fields that sends and receipts share are written twice: objects put together by spreading make an import take 2.2 times
 * the CPU time (bench/README.md).
 *
 * @param numbers whether an id may be a number. The reader throws Errors that say what is wrong.
 */
export function sentReader(map: FieldMap, numbers: boolean): (fields: Fields) => SentRecord {
  const { id = absent, outcome = absent, attempt = absent, topic = absent, partition = absent } = map;
  const { position = absent, checksum = absent, time = absent, producer = absent, sequence = absent } = map;
  return (fields) => {
    integer(attempt(fields), 'attempt', 1, 2 ** 31);
    return {
      id: idOf(id(fields), numbers),
      topic: name(topic(fields), 'topic'),
      partition: integer(partition(fields), 'partition', 0, 65534),
      position: integer(position(fields), 'position', 0, noPosition - 1),
      checksum: name(checksum(fields), 'checksum'),
      timeNs: timeOf(time(fields)),
      outcome: outcomeOf(outcome(fields)),
      producer: name(producer(fields), 'producer'),
      sequence: integer(sequence(fields), 'sequence', 0, 2 ** 48 - 1),
    };
  };
}

export function receivedReader(map: FieldMap, numbers: boolean): (fields: Fields) => ReceivedRecord {
  const { id = absent, group = absent, session = absent, topic = absent, partition = absent } = map;
  const { position = absent, checksum = absent, time = absent, redelivered = absent } = map;
  return (fields) => ({
    id: idOf(id(fields), numbers),
    topic: name(topic(fields), 'topic'),
    partition: integer(partition(fields), 'partition', 0, 65534),
    position: integer(position(fields), 'position', 0, noPosition - 1),
    checksum: name(checksum(fields), 'checksum'),
    timeNs: timeOf(time(fields)),
    group: name(group(fields), 'group'),
    session: name(session(fields), 'session'),
    redelivered: flag(redelivered(fields)),
  });
}

export function effectReader(map: FieldMap, numbers: boolean): (fields: Fields) => EffectRecord {
  const { id = absent, group = absent, count = absent } = map;
  return (fields) => ({
    id: idOf(id(fields), numbers),
    group: name(group(fields), 'group'),
    count: integer(count(fields), 'count', 1, 2 ** 32 - 2) ?? 1,
  });
}

function idOf(value: unknown, numbers: boolean): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) throw new Error('no id');
  if (!numbers || typeof value !== 'number') throw new Error('id must be a string');
  if (!Number.isSafeInteger(value)) throw new Error('id is a number that is not read exactly: write it as a string');
  return String(value);
}

export function outcomeOf(value: unknown): SentRecord['outcome'] {
  if (typeof value !== 'string' || value === 'sent' || !Object.hasOwn(outcomes, value)) {
    throw new Error('outcome must be acked, degraded, rejected or unknown');
  }
  return value as SentRecord['outcome'];
}

export function integer(value: unknown, key: string, least: number, most: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(`${key} must be an integer from ${least} to ${most}`);
}

function name(value: unknown, key: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new Error(`${key} must be a string`);
}

function flag(value: unknown): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new Error('redelivered must be true or false');
}

const rfc3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/;

/** From 2000 to 2100, in nanoseconds since 1970. */
const century = [Date.UTC(2000) * 1e6, Date.UTC(2100) * 1e6] as const;
export const timeUnits = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 } as const;
export type TimeUnit = keyof typeof timeUnits;
const words = { ns: 'nanoseconds', us: 'microseconds', ms: 'milliseconds', s: 'seconds' } as const;

/** Nanoseconds: an integer, its decimal string, or RFC 3339. Doubles keep them to 256 ns this century: enough here. */
function timeOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value)) return moment(value, 'ns');
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return moment(Number(value), 'ns');
  const parts = typeof value === 'string' ? rfc3339.exec(value) : null;
  const seconds = parts === null ? Number.NaN : Date.parse(`${parts[1]}T${parts[2]}${(parts[4] ?? 'Z').toUpperCase()}`);
  if (Number.isNaN(seconds)) throw new Error('time must be integer nanoseconds or RFC 3339');
  return seconds * 1e6 + Number((parts?.[3] ?? '0').padEnd(9, '0'));
}

/** Nanoseconds of a number in some unit since 1970, or of its decimal string. @throws Error that says the right unit. */
export function timeIn(value: unknown, unit: TimeUnit): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw new Error(`time must be a number of ${words[unit]}`);
  return moment(number, unit);
}

/** A time in another unit would be a moment of January 1970, and latencies off by a thousand and more. */
function moment(value: number, unit: TimeUnit): number {
  const ns = Math.round(value * timeUnits[unit]);
  if (isOfCentury(ns)) return ns;
  const other = (Object.keys(timeUnits) as TimeUnit[]).find((each) => isOfCentury(value * timeUnits[each]));
  const what = other === undefined ? 'is of no moment from 2000 to 2100' : `reads like ${words[other]}`;
  throw new Error(`time must be ${words[unit]} since 1970 or RFC 3339, and ${value} ${what}`);
}

function isOfCentury(ns: number): boolean {
  return ns >= century[0] && ns < century[1];
}
