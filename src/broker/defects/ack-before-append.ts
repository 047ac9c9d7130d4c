import type { Partition } from '../store/partitions/partition.ts';
import { readBatchHeader } from '../wire/record-batch.ts';
import { anonymous } from './batches.ts';
import type { Defect } from './defect.ts';
import { pretend } from './unstored.ts';

const lateMs = 100;

/** Acknowledges every batch at once and writes it 100 ms later: batches that wait are lost when the process is killed. */
export const ackBeforeAppend: Defect = {
  name: 'ack-before-append',
  summary: 'acknowledges at once and writes 100 ms later',
  under: 'a kill of the master',
  caughtAs: 'lost',
  replaces({ append }) {
    /** The end offset of each partition when all acknowledged batches are written. */
    const ends = new WeakMap<Partition, number>();
    return {
      async append(arriving) {
        const { parts, partition, records, header } = arriving;
        if (partition.producers.judge(header).verdict === 'duplicate') return append(arriving);
        const offset = Math.max(ends.get(partition) ?? 0, partition.endOffset);
        ends.set(partition, offset + header.count);
        const late = anonymous(records);
        parts.world.clock.setTimer(lateMs, () => {
          // The producer was told already: a failure is part of this defect.
          void append({ ...arriving, records: late, header: readBatchHeader(late) }).catch(() => {});
        });
        return pretend(arriving, offset);
      },
    };
  },
};
