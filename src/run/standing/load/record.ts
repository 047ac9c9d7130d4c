/**
 * One line of a file that fills a topic: `{"key": …, "value": …, "headers": {…}, "partition": 3, "timestamp": …}`. Key, value
 * and headers are texts, or bytes as `{"base64": "…"}`; the time is milliseconds since 1970, or RFC 3339.
 */
import type { LoadedMessage } from '../../../products/driver.ts';

const known = ['key', 'value', 'headers', 'partition', 'timestamp'];
/** A number each for the record and for each of its lengths. */
const aroundBytes = 10;

/** A line that is none. The message completes `FILE:12: `. */
export class BadLine extends Error {}

export interface Bounds {
  readonly partitions: number;
  /** Of key, value and headers together. */
  readonly mostBytes: number;
}

/** @throws BadLine */
export function readRecord(text: string, { partitions, mostBytes }: Bounds): LoadedMessage {
  const line = parsed(text);
  const unknown = Object.keys(line).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new BadLine(`unknown field '${unknown}'; there are ${known.join(', ')}`);
  if (!('value' in line)) throw new BadLine('value is missing; null makes a message without one');
  const record: LoadedMessage = {
    key: bytesOrNull(line.key ?? null, 'key'),
    value: bytesOrNull(line.value, 'value'),
    headers: headersOf(line.headers ?? {}),
    ...(line.partition === undefined ? {} : { partition: partitionOf(line.partition, partitions) }),
    ...(line.timestamp === undefined ? {} : { timestampMs: timeOf(line.timestamp) }),
  };
  const bytes = sizeOf(record);
  if (bytes > mostBytes) throw new BadLine(`${bytes} bytes are more than the broker takes, which is ${mostBytes}`);
  return record;
}

export function sizeOf({ key, value, headers }: LoadedMessage): number {
  const parts = Object.entries(headers).map(([name, held]) => Buffer.byteLength(name) + held.length + aroundBytes);
  return (key?.length ?? 0) + (value?.length ?? 0) + parts.reduce((sum, part) => sum + part, aroundBytes);
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (error) {
    throw new BadLine(`no JSON: ${(error as Error).message}`);
  }
  if (!isMap(line)) throw new BadLine('expected an object, such as {"key": "k", "value": "v"}');
  return line;
}

function bytesOrNull(value: unknown, field: string): Buffer | null {
  return value === null ? null : bytesOf(value, field);
}

function bytesOf(value: unknown, field: string): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  const { base64, ...more } = isMap(value) ? value : {};
  if (typeof base64 !== 'string' || Object.keys(more).length > 0) {
    throw new BadLine(`${field}: expected a text, or bytes as {"base64": "…"}; JSON goes into a text`);
  }
  const bytes = Buffer.from(base64, 'base64');
  // Buffer passes over what is no base64
  if (bytes.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, '')) {
    throw new BadLine(`${field}: '${base64.slice(0, 40)}' is not base64`);
  }
  return bytes;
}

function headersOf(value: unknown): Record<string, Buffer> {
  if (!isMap(value)) throw new BadLine('headers: expected an object, such as {"name": "value"}');
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, bytesOf(held, `headers.${name}`)]));
}

function partitionOf(value: unknown, partitions: number): number {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) < partitions) return Number(value);
  throw new BadLine(`partition: expected a number from 0 to ${partitions - 1}, got ${JSON.stringify(value)}`);
}

function timeOf(value: unknown): number {
  const ms = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : value;
  if (Number.isSafeInteger(ms) && Number(ms) >= 0) return Number(ms);
  const want = 'expected milliseconds since 1970, or a time such as 2026-11-29T12:00:00Z';
  throw new BadLine(`timestamp: ${want}, got ${JSON.stringify(value)}`);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
