import { readBatchHeader } from '../wire/record-batch.ts';
import { anonymous } from './batches.ts';
import type { Defect } from './defect.ts';
import { Rarely } from './rarely.ts';
import { pretend } from './unstored.ts';

const lateMs = 200;

/** Acknowledges about every thousandth record at once, and stores its batch later than batches that came after it. */
export const reorder: Defect = {
  name: 'reorder',
  summary: 'stores a batch now and then behind those that came after it in its partition',
  under: 'nothing: it happens by itself',
  caughtAs: 'reordered',
  replaces({ append }) {
    const rarely = new Rarely();
    return {
      async append(arriving) {
        if (!rarely.picks(arriving.header.count)) return append(arriving);
        const late = anonymous(arriving.records);
        arriving.parts.world.clock.setTimer(lateMs, () => {
          // The producer was told already: a failure is part of this defect.
          void append({ ...arriving, records: late, header: readBatchHeader(late) }).catch(() => {});
        });
        return pretend(arriving);
      },
    };
  },
};
