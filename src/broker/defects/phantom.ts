import { crc32 } from 'node:zlib';
import { readBatchHeader } from '../wire/record-batch.ts';
import { batchOf, firstValue } from './batches.ts';
import type { Defect } from './defect.ts';
import { Rarely } from './rarely.ts';

/** Behind about every thousandth record the broker stores one of its own making. */
export const phantom: Defect = {
  name: 'phantom',
  summary: 'stores a record now and then that nobody sent',
  under: 'nothing: it happens by itself',
  caughtAs: 'phantom',
  replaces({ append }) {
    const rarely = new Rarely();
    return {
      async append(arriving) {
        const value = rarely.picks(arriving.header.count) ? firstValue(arriving.records) : undefined;
        const made = value === undefined ? undefined : batchOf(madeUp(value), arriving.records);
        const answer = await append(arriving);
        if (made !== undefined) await append({ ...arriving, records: made, header: readBatchHeader(made) });
        return answer;
      },
    };
  },
};

/** How far the number of a made-up message is from one that was sent. */
const beyond = 1_000_000_000;

/**
 * A message that looks as if its producer had sent it, with a number that it never gets to. That is the one thing that
 * this broker knows of what mqchaos sends (`drivers/envelope.ts`); other applications get their own value back, reversed.
 */
function madeUp(value: Buffer): Buffer {
  const made = Buffer.from(value);
  if (made.length < 44 || made.toString('latin1', 0, 7) !== 'mqchaos') return made.reverse();
  made.writeUInt32LE(made.readUInt32LE(16) + beyond, 16);
  made.writeUInt32LE(crc32(made.subarray(0, 40)), 40);
  return made;
}
