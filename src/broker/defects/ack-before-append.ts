import type { Arriving } from '../node/produce.ts';
import { readBatchHeader } from '../wire/record-batch.ts';
import { anonymous } from './batches.ts';
import type { Defect } from './seams.ts';
import { pretend } from './unstored.ts';

const lateMs = 100;

/** Every batch is acknowledged at once and written 100 ms later: what is on its way then dies with the process. */
export const ackBeforeAppend: Defect = {
  name: 'ack-before-append',
  summary: 'acknowledges at once and writes 100 ms later',
  under: 'a kill of the master',
  caughtAs: 'lost',
  replaces: ({ append }) => ({
    async append(arriving: Arriving) {
      const { parts, partition, records, header } = arriving;
      if (partition.producers.judge(header).verdict === 'duplicate') return append(arriving);
      const late = anonymous(records);
      parts.world.clock.setTimer(lateMs, () => {
        // Nobody waits for it any more.
        void append({ ...arriving, records: late, header: readBatchHeader(late) }).catch(() => {});
      });
      return pretend(arriving);
    },
  }),
};
