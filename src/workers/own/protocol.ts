/**
 * What the tool and a worker of the user's own say to each other: one JSON object a line, UTF-8, on the worker's stdin and
 * stdout. docs/workers.md is the reference. Keys are added, never changed; unknown keys are ignored on both sides.
 */
import { noPosition } from '../../journal/event.ts';

export const protocolVersion = 1;

/** The first line that a worker gets. */
export type Hello = ProducerHello | ConsumerHello;

interface Greeting {
  readonly type: 'hello';
  readonly protocol: typeof protocolVersion;
  /** `p1.2`: worker p1 in its second incarnation. */
  readonly name: string;
  readonly topic: string;
  /** Absent where the broker has none. */
  readonly partitions?: number;
  /** Where clients connect, `host:port` each. */
  readonly bootstrap: readonly string[];
  /** The same, with all else that is no secret, in the broker's own words. Secrets are in the environment. */
  readonly connection: Readonly<Record<string, string>>;
}

export interface ProducerHello extends Greeting {
  readonly role: 'producer';
  readonly acks: 'all' | 'one';
  readonly idempotent: boolean;
  /** How long the client may take for one message. */
  readonly timeoutMs: number;
  /** The most sends without an answer at a time. */
  readonly window: number;
}

export interface ConsumerHello extends Greeting {
  readonly role: 'consumer';
  readonly group: string;
  readonly sessionTimeoutMs: number;
  /** When what was received is to be committed: once it is processed, or before. */
  readonly commit: 'after' | 'before';
}

export interface Send {
  readonly type: 'send';
  /** Of this attempt; answers name it. */
  readonly id: number;
  /** Where to send it. Absent where the broker has no partitions, or the worker chooses. */
  readonly partition?: number;
  /** For workers that choose the partition. */
  readonly key: string;
  /** The message's value, base64. */
  readonly value: string;
}

export type Said = Ready | Answer | Assignment | Receipt | Processed | Committed;

export interface Ready {
  readonly type: 'ready';
  /** Client library and version, for the record. */
  readonly client?: string;
  /** The worker chooses the partition of each message, by its key or otherwise. */
  readonly partitioner?: 'own';
}

export interface Answer {
  readonly type: 'acked' | 'degraded' | 'rejected' | 'unknown';
  readonly id: number;
  readonly partition?: number;
  readonly position?: number;
  /** Of all but `acked`. */
  readonly reason: string;
}

export interface Assignment {
  readonly type: 'assigned' | 'revoked';
  readonly partitions: readonly number[];
}

export interface Receipt {
  readonly type: 'received';
  /** The worker's own number for this receipt. */
  readonly id: number;
  readonly value: Buffer;
  readonly partition?: number;
  readonly position?: number;
  readonly redelivered: boolean;
  /** The broker's delivery count, from 1. */
  readonly attempt: number;
}

export interface Processed {
  readonly type: 'processed';
  readonly id: number;
}

/** The group goes on at this position: all before it is committed. */
export interface Committed {
  readonly type: 'committed';
  readonly partition: number;
  readonly position: number;
}

/** What is wrong with a line, in half a sentence. */
export class BadLine extends Error {}

const mostPartition = 0xfffe;
const longestName = 64;

/** @throws BadLine for anything that is none of the messages above. */
export function parseSaid(line: string): Said {
  const said = objectOf(line);
  const { type } = said;
  switch (type) {
    case 'ready':
      return readyOf(said);
    case 'acked':
      return { type, id: count(said, 'id'), reason: '', ...placeOf(said) };
    case 'degraded':
      return { type, id: count(said, 'id'), reason: nameOf(said), ...placeOf(said) };
    case 'rejected':
    case 'unknown':
      return { type, id: count(said, 'id'), reason: nameOf(said) };
    case 'assigned':
    case 'revoked':
      return { type, partitions: partitionsOf(said) };
    case 'received':
      return receiptOf(said);
    case 'processed':
      return { type, id: count(said, 'id') };
    case 'committed':
      return { type, partition: count(said, 'partition', mostPartition), position: count(said, 'position') };
    default:
      throw new BadLine(type === undefined ? "it has no 'type'" : `there is no type ${JSON.stringify(type)}`);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(line: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new BadLine('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadLine('it is no JSON object');
  return value as Fields;
}

function readyOf({ protocol, client, partitioner }: Fields): Ready {
  if (protocol !== protocolVersion) {
    throw new BadLine(`'protocol' must be ${protocolVersion}, which is what this mqchaos speaks`);
  }
  if (client !== undefined && typeof client !== 'string') throw new BadLine("'client' must be text");
  if (partitioner !== undefined && partitioner !== 'own') throw new BadLine('\'partitioner\' can only be "own"');
  return {
    type: 'ready',
    ...(client === undefined ? {} : { client: client.slice(0, longestName) }),
    ...(partitioner === undefined ? {} : { partitioner }),
  };
}

function receiptOf(said: Fields): Receipt {
  const { value, redelivered, attempt } = said;
  if (typeof value !== 'string') throw new BadLine("'value' must be the message's bytes, in base64");
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== Math.floor((value.replace(/=+$/, '').length * 3) / 4)) throw new BadLine("'value' is no base64");
  if (redelivered !== undefined && typeof redelivered !== 'boolean')
    throw new BadLine("'redelivered' is true or false");
  return {
    type: 'received',
    id: count(said, 'id'),
    value: bytes,
    ...placeOf(said),
    redelivered: redelivered ?? false,
    attempt: attempt === undefined || attempt === null ? 1 : Math.max(1, count(said, 'attempt')),
  };
}

function placeOf(said: Fields): { readonly partition?: number; readonly position?: number } {
  const given = (key: string): boolean => said[key] !== undefined && said[key] !== null;
  return {
    ...(given('partition') ? { partition: count(said, 'partition', mostPartition) } : {}),
    ...(given('position') ? { position: count(said, 'position') } : {}),
  };
}

function partitionsOf({ partitions }: Fields): number[] {
  if (!Array.isArray(partitions)) throw new BadLine("'partitions' must be a list of numbers");
  return partitions.map((partition: unknown) => count({ partitions: partition }, 'partitions', mostPartition));
}

/** A short stable name, of which a journal holds a few dozen. */
function nameOf({ reason }: Fields): string {
  if (typeof reason !== 'string' || reason === '')
    throw new BadLine("'reason' must be a short name, such as timed-out");
  return reason.slice(0, longestName);
}

function count(said: Fields, key: string, most = noPosition - 1): number {
  const value = said[key];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new BadLine(`'${key}' must be a whole number from 0 to ${most}`);
}
