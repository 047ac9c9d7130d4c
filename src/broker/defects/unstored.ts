import type { Answer, Arriving } from '../node/seams.ts';
import { code } from '../wire/codes.ts';

/**
 * Answers a producer as if its batch were stored. The sequence numbers of the batch count as used, in the order of the
 * log, so that the producer goes on; but the log gets no entry.
 * @param offset the offset in the answer; by default the next one of the partition
 */
export function pretend({ parts, partition, header }: Arriving, offset?: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    parts.store.log.append({
      bodyBytes: 0,
      prepare: () => {
        partition.producers.record(header, offset ?? partition.endOffset);
        return undefined;
      },
      written: () => resolve({ errorCode: code.NONE, baseOffset: offset ?? partition.endOffset }),
      failed: reject,
    });
  });
}
