import { seal } from '../wire/record-batch.ts';
import { firstValue } from './batches.ts';
import type { Defect } from './defect.ts';
import { Rarely } from './rarely.ts';

/** Flips the last byte of the value of about every thousandth record, and corrects the checksum of the batch. */
export const corrupt: Defect = {
  name: 'corrupt',
  summary: 'flips a byte of a value now and then, with a right checksum of the batch',
  under: 'nothing: it happens by itself',
  caughtAs: 'corrupt',
  replaces({ append }) {
    const rarely = new Rarely();
    return {
      append(arriving) {
        const value = rarely.picks(arriving.header.count) ? firstValue(arriving.records) : undefined;
        if (value !== undefined) {
          value[value.length - 1] = (value.at(-1) ?? 0) ^ 0xff;
          seal(arriving.records);
        }
        return append(arriving);
      },
    };
  },
};
