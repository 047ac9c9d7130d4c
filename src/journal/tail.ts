/**
 * How many messages a producer's journal attempted, and until when, from the end of the file: first attempts carry dense,
 * rising sequences, so that the last of them says it. The audit sizes what it keeps by this before it reads a record.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { kinds } from './event.ts';
import { headerSizeBytes } from './header.ts';
import { getRecord, isWhole, recordSizeBytes, recordWords } from './record.ts';

const blockBytes = 1 << 18;

export interface Tail {
  /**
   * One more than the last sequence with a first attempt; 0 if there is none. Never more than the file has records, so
   * that no damage can ask for more memory than the file's own size justifies.
   */
  readonly top: number;
  /** When that attempt began; nanoseconds since the run's base. */
  readonly atNs: number;
}

export const noTail: Tail = { top: 0, atNs: 0 };

export function readTail(path: string, producer: number): Tail {
  const fd = openSync(path, 'r');
  try {
    const records = Math.max(0, Math.floor((fstatSync(fd).size - headerSizeBytes) / recordSizeBytes));
    const words = new Int32Array(blockBytes / 4);
    const perBlock = blockBytes / recordSizeBytes;
    for (let end = records; end > 0; end -= perBlock) {
      const start = Math.max(0, end - perBlock);
      const read = readSync(fd, words, 0, (end - start) * recordSizeBytes, headerSizeBytes + start * recordSizeBytes);
      const tail = tailIn(words, Math.floor(read / recordSizeBytes), producer, records);
      if (tail !== undefined) return tail;
    }
    return noTail;
  } finally {
    closeSync(fd);
  }
}

function tailIn(words: Int32Array, count: number, producer: number, records: number): Tail | undefined {
  for (let at = (count - 1) * recordWords; at >= 0; at -= recordWords) {
    if (((words[at] as number) & 0xff) !== kinds.intended || !isWhole(words, at)) continue;
    const record = getRecord(words, at);
    if (record.attempt === 1 && record.producer === producer && record.seq < records)
      return { top: record.seq + 1, atNs: record.atNs };
  }
  return undefined;
}
