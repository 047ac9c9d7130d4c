/** One line of foreign records, checked field by field. What is wrong is said; nothing is guessed. */
import { noPosition, type OutcomeName, outcomes } from '../event.ts';

export interface SentRecord {
  readonly id: string;
  readonly outcome: Exclude<OutcomeName, 'sent'>;
  readonly attempt?: number;
  readonly partition?: number;
  readonly position?: number;
  readonly checksum?: string;
  readonly timeNs?: number;
}

export interface ReceivedRecord {
  readonly id: string;
  readonly group?: string;
  readonly session?: string;
  readonly partition?: number;
  readonly position?: number;
  readonly redelivered?: boolean;
  readonly checksum?: string;
  readonly timeNs?: number;
}

/** @throws Error whose message says what is wrong with the line. */
export function parseSent(text: string): SentRecord {
  const fields = objectOf(text);
  const outcome = fields.outcome;
  if (typeof outcome !== 'string' || outcome === 'sent' || !Object.hasOwn(outcomes, outcome)) {
    throw new Error('outcome must be acked, degraded, rejected or unknown');
  }
  return {
    ...common(fields),
    outcome: outcome as SentRecord['outcome'],
    ...optional('attempt', integer(fields.attempt, 'attempt', 1, 2 ** 31)),
  };
}

/** @throws Error whose message says what is wrong with the line. */
export function parseReceived(text: string): ReceivedRecord {
  const fields = objectOf(text);
  const { redelivered } = fields;
  if (redelivered !== undefined && redelivered !== null && typeof redelivered !== 'boolean') {
    throw new Error('redelivered must be true or false');
  }
  return {
    ...common(fields),
    ...optional('group', name(fields.group, 'group')),
    ...optional('session', name(fields.session, 'session')),
    ...(redelivered === true ? { redelivered } : {}),
  };
}

type Fields = Record<string, unknown>;

function objectOf(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not a JSON object');
  return value as Fields;
}

function common(fields: Fields): Omit<SentRecord, 'outcome' | 'attempt'> {
  const { id } = fields;
  if (typeof id !== 'string') throw new Error(id === undefined ? 'no id' : 'id must be a string');
  return {
    id,
    ...optional('partition', integer(fields.partition, 'partition', 0, 65534)),
    ...optional('position', integer(fields.position, 'position', 0, noPosition - 1)),
    ...optional('checksum', name(fields.checksum, 'checksum')),
    ...optional('timeNs', time(fields.time)),
  };
}

function optional<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}

function integer(value: unknown, key: string, least: number, most: number): number | undefined {
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

const rfc3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/;

/** From 2000 to 2100, in nanoseconds since 1970. */
const century = [Date.UTC(2000) * 1e6, Date.UTC(2100) * 1e6] as const;
const coarser = { microseconds: 1e3, milliseconds: 1e6, seconds: 1e9 };

/** Nanoseconds: an integer, its decimal string, or RFC 3339. Doubles keep them to 256 ns this century: enough here. */
function time(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value)) return nanoseconds(value);
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return nanoseconds(Number(value));
  const parts = typeof value === 'string' ? rfc3339.exec(value) : null;
  const seconds = parts === null ? Number.NaN : Date.parse(`${parts[1]}T${parts[2]}${(parts[4] ?? 'Z').toUpperCase()}`);
  if (Number.isNaN(seconds)) throw new Error('time must be integer nanoseconds or RFC 3339');
  return seconds * 1e6 + Number((parts?.[3] ?? '0').padEnd(9, '0'));
}

/** A time in another unit would be a moment of January 1970, and latencies off by a thousand and more. */
function nanoseconds(value: number): number {
  if (isOfCentury(value)) return value;
  const unit = Object.entries(coarser).find(([, ns]) => isOfCentury(value * ns));
  const what = unit === undefined ? 'is of no moment from 2000 to 2100' : `reads like ${unit[0]}`;
  throw new Error(`time must be nanoseconds since 1970 or RFC 3339, and ${value} ${what}`);
}

function isOfCentury(ns: number): boolean {
  return ns >= century[0] && ns < century[1];
}
