import { crc32 } from 'node:zlib';
import { readBatchHeader } from '../wire/record-batch.ts';
import { batchOf, firstValue } from './batches.ts';
import type { Defect } from './defect.ts';
import { Rarely } from './rarely.ts';

/** After about every thousandth record, stores a record that nobody sent. */
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

/** What is added to the number of a real message to get that of a made-up one. */
const beyond = 1_000_000_000;

/**
 * Makes a message that looks like one of its producer, with a number that the producer never reaches. For this the broker
 * knows the form of mqchaos' messages (`products/envelope.ts`). Values of other applications are reversed.
 */
function madeUp(value: Buffer): Buffer {
  const made = Buffer.from(value);
  if (made.length < 44 || made.toString('latin1', 0, 7) !== 'mqchaos') return made.reverse();
  made.writeUInt32LE(made.readUInt32LE(16) + beyond, 16);
  made.writeUInt32LE(crc32(made.subarray(0, 40)), 40);
  return made;
}
