import { gzipSync } from 'node:zlib';
import { batchHeaderBytes, seal } from '../../../src/broker/wire/record-batch.ts';
import type { RandomStream } from '../../../src/plan/random.ts';
import { batch } from '../support/batches.ts';
import { cases } from '../support/damaged.ts';

/** What a client may send as the records of a partition: a good batch, one that is damaged under a right checksum, or worse. */
export function records(dice: RandomStream): Buffer {
  const good = goodBatch(dice);
  switch (dice.int(8)) {
    case 0:
      return damagedInside(dice, good);
    case 1:
      return good.subarray(0, dice.int(good.length));
    case 2:
      good[dice.int(good.length)] = dice.int(256);
      return good;
    case 3:
      return Buffer.from(dice.pick(small)[1]);
    case 4:
      return Buffer.concat([good, dice.int(2) === 0 ? good : Buffer.alloc(dice.int(20))]);
    default:
      return good;
  }
}

/** Without the bombs, of which a million would take a night. */
const small = cases.filter(([, data]) => data.length < 10_000);

function goodBatch(dice: RandomStream): Buffer {
  const isIdempotent = dice.int(3) === 0;
  const data = batch({
    count: 1 + dice.int(4),
    payload: 'v'.repeat(dice.int(100)),
    timestampMs: dice.int(10_000),
    ...(isIdempotent ? { producerId: dice.int(4), epoch: dice.int(2), sequence: dice.int(6) } : {}),
  });
  return compressed(data, dice.pick([0, 0, 0, 1, 2, 3, 4]));
}

function compressed(data: Buffer, codec: number): Buffer {
  const content = encoders[codec]?.(data.subarray(batchHeaderBytes));
  if (content === undefined) return data;
  const packed = Buffer.concat([data.subarray(0, batchHeaderBytes), content]);
  packed.writeInt32BE(packed.length - 12, 8);
  packed.writeInt16BE(codec, 21);
  return seal(packed);
}

/** By codec, the simplest form of each, for up to 255 bytes: what is compressed is there as it is. */
const encoders: Readonly<Record<number, (content: Buffer) => Buffer>> = {
  1: (content) => gzipSync(content),
  2: (content) => {
    const length = content.length < 0x80 ? [content.length] : [(content.length & 0x7f) | 0x80, content.length >> 7];
    return Buffer.concat([Buffer.from([...length, 60 << 2, content.length - 1]), content]);
  },
  3: (content) => {
    const head = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, content.length, 0, 0, 0x80];
    return Buffer.concat([Buffer.from(head), content, Buffer.alloc(4)]);
  },
  4: (content) => {
    const block = (content.length << 3) | 1;
    const head = [0x28, 0xb5, 0x2f, 0xfd, 0x20, content.length, block & 0xff, block >> 8, 0];
    return Buffer.concat([Buffer.from(head), content]);
  },
};

function damagedInside(dice: RandomStream, data: Buffer): Buffer {
  const times = 1 + dice.int(3);
  for (let time = 0; time < times; time++) {
    const at = 21 + dice.int(data.length - 21);
    data[at] = dice.pick([0, 0xff, 0x7f, 0x80, dice.int(256)]);
  }
  return seal(data);
}
