import { Writer } from '../../../src/broker/wire/writer.ts';
import type { RandomStream } from '../../../src/plan/random.ts';
import { randomBytes } from './values.ts';

/** Where a value of a message is, and how it is written. */
export interface Mark {
  readonly at: number;
  readonly bytes: number;
  readonly isVarint: boolean;
}

/** Notes where each number of a message is: lengths, counts and values. */
export class TracedWriter extends Writer {
  readonly marks: Mark[] = [];
  #at = 0;

  override int8(value: number): void {
    this.#mark(1);
    super.int8(value);
  }

  override int16(value: number): void {
    this.#mark(2);
    super.int16(value);
  }

  override int32(value: number): void {
    this.#mark(4);
    super.int32(value);
  }

  override int64(value: number): void {
    this.#mark(8);
    super.int64(value);
  }

  override uvarint(value: number): void {
    this.#mark(value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4, true);
    super.uvarint(value);
  }

  override text(value: string, lengthBytes: number): void {
    this.#at += lengthBytes;
    super.text(value, lengthBytes);
  }

  override bytes(value: Buffer): void {
    this.#at += value.length;
    super.bytes(value);
  }

  #mark(bytes: number, isVarint = false): void {
    this.marks.push({ at: this.#at, bytes, isVarint });
    this.#at += bytes;
  }
}

/** The message with something wrong in it, which its reader may or may not notice. */
export function mutated(data: Buffer, marks: readonly Mark[], dice: RandomStream): Buffer {
  const at = dice.int(Math.max(1, data.length));
  switch (dice.int(9)) {
    case 0:
      return data.subarray(0, at);
    case 1:
      return Buffer.concat([data, randomBytes(dice, 1 + dice.int(40))]);
    case 2:
      return Buffer.concat([data.subarray(0, at), data.subarray(dice.int(at + 1))]);
    case 3:
      for (let left = 1 + dice.int(4); left > 0; left--) data[dice.int(data.length)] = dice.int(256);
      return data;
    case 4:
      data.writeInt16BE(dice.pick([-1, 0, 13, 99, 32_767]), 2);
      return data;
    default:
      return withNumber(data, dice.pick(marks), dice);
  }
}

/** Another number in the place of one. */
function withNumber(data: Buffer, { at, bytes, isVarint }: Mark, dice: RandomStream): Buffer {
  const other = isVarint ? dice.pick(varints) : fixed(bytes, dice);
  return Buffer.concat([data.subarray(0, at), other, data.subarray(at + bytes)]);
}

/** None, one, more than there is, the greatest of five bytes, and two that no reader should follow. */
const varints = [[0], [1], [0xff, 0x7f], [0xff, 0xff, 0xff, 0xff, 0x07], Array(5).fill(0xff), Array(12).fill(0x80)].map(
  (bytes) => Buffer.from(bytes),
);

function fixed(bytes: number, dice: RandomStream): Buffer {
  const all = dice.pick([0x00, 0xff, 0x7f, 0x80]);
  const number = Buffer.alloc(bytes, all === 0x7f ? 0xff : all === 0x80 ? 0x00 : all);
  // The greatest and the least number, and 0 and -1; or a small one.
  number[0] = all;
  if (dice.int(3) === 0) number[bytes - 1] = dice.int(20);
  return number;
}
