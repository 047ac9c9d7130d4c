import type { Asked } from '../node/seams.ts';
import type { Partition } from '../store/partitions/partition.ts';
import { readBatchHeader } from '../wire/record-batch.ts';
import type { Defect } from './defect.ts';

/** The batch with every offset that is a multiple of this is passed over. */
const every = 100;

/** After a restart, passes over some batches that were on the disk: in each partition, those with every 100th offset. */
export const skipOnRecovery: Defect = {
  name: 'skip-on-recovery',
  summary: 'after a restart, passes over some batches that it found on its disk',
  under: 'a restart of the master, before consumers have read what is there',
  caughtAs: 'lost',
  replaces({ append, read }) {
    /** The end of each partition when this life first used it: records before that are from earlier lives. */
    const foundTo = new WeakMap<Partition, number>();
    const touch = (partition: Partition) => {
      const found = foundTo.get(partition) ?? partition.endOffset;
      foundTo.set(partition, found);
      return found;
    };
    const readOn = async (asked: Asked): Promise<Buffer[]> => {
      const found = touch(asked.partition);
      const batches = await read(asked);
      const shown = batches.filter((batch) => !isSkipped(batch, found));
      const last = batches.at(-1);
      if (shown.length > 0 || last === undefined) return shown;
      // A consumer that gets nothing would ask for the same offset again, for ever.
      return readOn({ ...asked, offset: endOf(last) });
    };
    return {
      append(arriving) {
        touch(arriving.partition);
        return append(arriving);
      },
      read: readOn,
    };
  },
};

/** The last batch that was on the disk is never skipped, because there may be no later batch to return instead. */
function isSkipped(batch: Buffer, foundTo: number): boolean {
  const end = endOf(batch);
  if (end >= foundTo) return false;
  const { baseOffset } = readBatchHeader(batch);
  return Math.floor(end / every) > Math.floor(baseOffset / every);
}

function endOf(batch: Buffer): number {
  const { baseOffset, count } = readBatchHeader(batch);
  return baseOffset + count;
}
