import type { Answer, Arriving } from '../node/produce.ts';
import { code } from '../wire/codes.ts';

/**
 * Answers for a batch as if it were stored: its sequences count as taken, so that its producer goes on, and it is given
 * the offset that is next. In the order of the log, but there is no entry.
 */
export function pretend({ parts, partition, header }: Arriving): Promise<Answer> {
  return new Promise((resolve, reject) => {
    parts.store.log.append({
      bodyBytes: 0,
      prepare: () => {
        partition.producers.record(header, partition.endOffset);
        return undefined;
      },
      written: () => resolve({ errorCode: code.NONE, baseOffset: partition.endOffset }),
      failed: reject,
    });
  });
}
