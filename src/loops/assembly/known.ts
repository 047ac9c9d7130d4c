/**
 * Looks for the first record that is new to an index: no record of a message of which the block has been noted already.
 * journal/lookup/builder.ts defines what is noted.
 */
import { intended, kindOf, lastOfMessages, producerOf, recordBytes, seqOf, stored } from './record';

/** By producer: the bucket and the block that were noted last, in one word. */
export let tags: usize = 0;
/** The part of such a word that is the block's. */
export let blockTag: u32 = 0;
/** The bits of a sequence that are its bucket. */
export let bucketMask: u32 = 0;

/** The address of that record in [from, end), or the end. */
export function run(from: usize, end: usize): usize {
  for (let at = from; at < end; at += recordBytes) {
    const kind = kindOf(at);
    if (kind < intended || kind > lastOfMessages || kind === stored) return at;
    if (load<u32>(tags + ((producerOf(at) as usize) << 2)) !== ((seqOf(at) & bucketMask) | blockTag)) return at;
  }
  return end;
}
