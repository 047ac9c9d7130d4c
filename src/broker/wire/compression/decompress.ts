import { gunzipSync } from 'node:zlib';
import { decompressLz4 } from './lz4.ts';
import { TooLarge } from './output.ts';
import { decompressSnappy } from './snappy.ts';
import { decompressZstd } from './zstd.ts';

/** Kafka's codecs, by the number in a batch's attributes. */
export const codec = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

/**
 * Decompresses the records of a batch. What comes from clients is taken for hostile: no more than the limit is ever allocated.
 * @throws TooLarge beyond the limit; any other error if the bytes are not what the codec says, or there is no such codec
 */
export function decompress(data: Buffer, by: number, limitBytes: number): Buffer {
  switch (by) {
    case codec.none:
      return data;
    case codec.gzip:
      return gunzip(data, limitBytes);
    case codec.snappy:
      return decompressSnappy(data, limitBytes);
    case codec.lz4:
      return decompressLz4(data, limitBytes);
    case codec.zstd:
      return decompressZstd(data, limitBytes);
    default:
      throw new Error(`no codec ${by}`);
  }
}

function gunzip(data: Buffer, maxOutputLength: number): Buffer {
  try {
    return gunzipSync(data, { maxOutputLength });
  } catch (error) {
    const isTooLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLarge ? new TooLarge(`more than ${maxOutputLength} bytes`) : error;
  }
}
