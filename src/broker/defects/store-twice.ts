import { readBatchHeader } from '../wire/record-batch.ts';
import { anonymous } from './batches.ts';
import type { Defect } from './defect.ts';
import { Rarely } from './rarely.ts';

/** About every thousandth record is stored twice, with the rest of its batch, at two offsets. */
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
