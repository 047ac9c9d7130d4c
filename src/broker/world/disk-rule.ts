import { BrokerError } from '../errors.ts';

/** How a disk fails. With an empty rule it works. */
export interface DiskRule {
  readonly fail?: 'EIO' | 'ENOSPC';
  /** Which calls fail: reads and writes of files, syncs of files and folders. */
  readonly on?: readonly DiskOperation[];
  /** How much longer every sync takes. */
  readonly syncDelayMs?: number;
}

export type DiskOperation = 'read' | 'write' | 'sync';

const known = ['fail', 'on', 'syncDelayMs'];
const example = '{"fail":"EIO","on":["write","sync"]}, {"syncDelayMs":500} or null';

/** Reads a rule from a JSON value; null is the empty rule. Throws `bad-command`. */
export function parseDiskRule(value: unknown): DiskRule {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw bad('a disk rule is an object or null');
  const { fail, on, syncDelayMs }: Record<string, unknown> = { ...value };
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw bad(`a disk rule has no ${unknown}`);
  if (fail === undefined && syncDelayMs === undefined) throw bad('neither fail nor syncDelayMs');
  if ((fail === undefined) !== (on === undefined)) throw bad('fail and on need each other');
  return {
    ...(fail === undefined ? {} : { fail: failure(fail), on: operations(on) }),
    ...(syncDelayMs === undefined ? {} : { syncDelayMs: delay(syncDelayMs) }),
  };
}

function failure(value: unknown): 'EIO' | 'ENOSPC' {
  if (value !== 'EIO' && value !== 'ENOSPC') throw bad('fail is EIO or ENOSPC');
  return value;
}

function operations(value: unknown): DiskOperation[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isOperation)) {
    throw bad('on is a list of read, write and sync');
  }
  return value;
}

function isOperation(value: unknown): value is DiskOperation {
  return value === 'read' || value === 'write' || value === 'sync';
}

function delay(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 600_000) {
    throw bad('syncDelayMs is a whole number from 0 to 600000');
  }
  return value;
}

function bad(message: string): BrokerError {
  return new BrokerError('bad-command', message, example);
}
