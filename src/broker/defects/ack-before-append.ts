import type { Partition } from '../store/partitions/partition.ts';
import { readBatchHeader } from '../wire/record-batch.ts';
import { anonymous } from './batches.ts';
import type { Defect } from './defect.ts';
import { pretend } from './unstored.ts';

const lateMs = 100;

/** Every batch is acknowledged at once and written 100 ms later: what is on its way then dies with the process. */
export const ackBeforeAppend: Defect = {
  name: 'ack-before-append',
  summary: 'acknowledges at once and writes 100 ms later',
  under: 'a kill of the master',
  caughtAs: 'lost',
  replaces({ append }) {
    /** Where partitions will end when everything that is acknowledged is written. */
    const ends = new WeakMap<Partition, number>();
    return {
      async append(arriving) {
        const { parts, partition, records, header } = arriving;
        if (partition.producers.judge(header).verdict === 'duplicate') return append(arriving);
        const offset = Math.max(ends.get(partition) ?? 0, partition.endOffset);
        ends.set(partition, offset + header.count);
        const late = anonymous(records);
        parts.world.clock.setTimer(lateMs, () => {
          // Nobody waits for it any more.
          void append({ ...arriving, records: late, header: readBatchHeader(late) }).catch(() => {});
        });
        return pretend(arriving, offset);
      },
    };
  },
};
