import type { Asked } from '../node/seams.ts';
import type { Partition } from '../store/partitions/partition.ts';
import { readBatchHeader } from '../wire/record-batch.ts';
import type { Defect } from './defect.ts';

/** One of so many offsets lies in a batch that is passed over. */
const every = 100;

/** Of what a restarted node found on its disk, the batch with every 100th offset of a partition is passed over. */
export const skipOnRecovery: Defect = {
  name: 'skip-on-recovery',
  summary: 'after a restart, passes over some batches that it found on its disk',
  under: 'a restart of the master, before consumers have read what is there',
  caughtAs: 'lost',
  replaces({ append, read }) {
    /** Ends of partitions when this life of the node first touched them; what is before came from an earlier one. */
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
      // A reader that is given nothing would ask for the same again, for ever.
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

/** Never the last batch that was found: behind it there may be nothing yet to give instead. */
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
