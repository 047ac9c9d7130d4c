import { readBatchHeader } from '../wire/record-batch.ts';
import { anonymous } from './batches.ts';
import type { Defect } from './defect.ts';
import { Rarely } from './rarely.ts';

/** Stores about every thousandth record twice, with the rest of its batch. */
export const storeTwice: Defect = {
  name: 'store-twice',
  summary: 'stores a batch now and then at two offsets',
  under: 'nothing: it happens by itself',
  caughtAs: 'duplicate-stored',
  replaces({ append }) {
    const rarely = new Rarely();
    return {
      async append(arriving) {
        if (!rarely.picks(arriving.header.count)) return append(arriving);
        const twin = anonymous(arriving.records);
        const answer = await append(arriving);
        await append({ ...arriving, records: twin, header: readBatchHeader(twin) });
        return answer;
      },
    };
  },
};
