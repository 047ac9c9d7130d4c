import type { Answer, Arriving } from '../node/seams.ts';
import { code } from '../wire/codes.ts';

/**
 * Answers for a batch as if it were stored: its sequences count as taken, so that its producer goes on. In the order of
 * the log, but there is no entry.
 * @param offset that it is said to have; by default the next one
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
