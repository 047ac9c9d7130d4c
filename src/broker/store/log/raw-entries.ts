import { BrokerError } from '../../errors.ts';
import { type Entry, entrySize, readEntry } from './entry.ts';

/** Returns the entry that should be at `position` of the log. Throws `damaged-entry` if it is not there or is damaged. */
export function verified(data: Buffer, at: number, position: number): Entry {
  const entry = readEntry(data, at, position);
  if (typeof entry !== 'string') return entry;
  const hint = 'the file was changed behind our back or the disk is failing; restart cuts the log there';
  throw new BrokerError('damaged-entry', `entry at ${position}: ${entry}`, hint);
}

/** Returns the whole entries at the start of `data`, verified. Throws `damaged-entry`, also if there is none. */
export function wholeEntries(data: Buffer, position: number): Buffer {
  let bytes = verified(data, 0, position).sizeBytes;
  for (;;) {
    const size = entrySize(data, bytes);
    if (size === 'incomplete' || (typeof size === 'number' && bytes + size > data.length)) break;
    bytes += verified(data, bytes, position + bytes).sizeBytes;
  }
  return data.subarray(0, bytes);
}

/** Splits what a leader sent into entries. Throws `bad-entries` if any part of it is wrong. */
export function sentEntries(data: Buffer, position: number, lastEpoch: number): Entry[] {
  const entries: Entry[] = [];
  let epoch = lastEpoch;
  for (let at = 0; at < data.length; ) {
    const entry = readEntry(data, at, position + at);
    const problem = typeof entry === 'string' ? entry : entry.epoch < epoch ? 'epoch goes back' : undefined;
    if (typeof entry === 'string' || problem !== undefined) {
      throw new BrokerError('bad-entries', `entry at ${position + at}: ${problem}`, 'ask the leader again');
    }
    entries.push(entry);
    epoch = entry.epoch;
    at += entry.sizeBytes;
  }
  return entries;
}

/** Takes entries from the front of the list, as many as fit into `roomBytes`, but at least one. */
export function takeFitting(entries: Entry[], roomBytes: number): Entry[] {
  let bytes = 0;
  let count = 0;
  for (const { sizeBytes } of entries) {
    bytes += sizeBytes;
    if (bytes > roomBytes && count > 0) break;
    count += 1;
  }
  return entries.splice(0, count);
}
