/** A record as the parts hold it: names are numbers, and what a record does not say is a number that means none. */
import { none16, noPosition } from '../../event.ts';

/** No number of a time, a sequence. */
export const nothing = -1;

interface Parted {
  id: string;
  topic: number;
  partition: number;
  position: number;
  timeNs: number;
  /** Empty: none. */
  checksum: string;
}

export interface PartedSent extends Parted {
  /** As in `outcomes`. */
  outcome: number;
  producer: number;
  sequence: number;
}

export interface PartedReceived extends Parted {
  /** Its line among all that were received, from 0. */
  index: number;
  group: number;
  session: number;
  redelivered: boolean;
}

/** A record of the log that carries the id of its message. */
export interface PartedStored {
  id: string;
  topic: number;
  partition: number;
  position: number;
}

export interface PartedEffect {
  id: string;
  /** `none16`: its line names none. */
  group: number;
  count: number;
}

/** Bytes of records in a buffer that grows. Ids with anything beyond ASCII are kept in UTF-16, as they are in memory. */
export class Bytes {
  buffer: Buffer = Buffer.allocUnsafe(1 << 12);
  end = 0;

  /** Makes room for as many bytes. */
  reserve(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return;
    const more = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.end + bytes));
    this.buffer.copy(more, 0, 0, this.end);
    this.buffer = more;
  }

  text(text: string, ascii: boolean): void {
    const size = ascii ? text.length : text.length * 2;
    this.reserve(size + 4);
    this.end = this.buffer.writeUInt32LE(ascii ? size : size + wide, this.end);
    this.end += this.buffer.write(text, this.end, size, ascii ? 'latin1' : 'utf16le');
  }
}

/** In the length of a text: it is in UTF-16. */
const wide = 0x80000000;

/** Reads what `Bytes` has. The caller knows that a record is whole. */
export class Taken {
  buffer: Buffer = Buffer.alloc(0);
  at = 0;

  u8(): number {
    return this.buffer[this.at++] as number;
  }

  u16(): number {
    const value = this.buffer.readUInt16LE(this.at);
    this.at += 2;
    return value;
  }

  double(): number {
    const value = this.buffer.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  text(): string {
    const length = this.buffer.readUInt32LE(this.at);
    const from = this.at + 4;
    this.at = from + (length >= wide ? length - wide : length);
    return this.buffer.toString(length >= wide ? 'utf16le' : 'latin1', from, this.at);
  }
}

/** How a kind of record is written down and read again. */
export interface Packing<T> {
  pack(bytes: Bytes, record: T): void;
  unpack(taken: Taken): T;
}

/** Without id and checksum. */
const fixedBytes = 48;

function packPlace(bytes: Bytes, { topic, partition, position, timeNs, checksum }: Parted): void {
  bytes.text(checksum, isPlain(checksum));
  bytes.reserve(fixedBytes);
  const { buffer } = bytes;
  buffer.writeUInt16LE(topic, bytes.end);
  buffer.writeUInt16LE(partition, bytes.end + 2);
  buffer.writeDoubleLE(position, bytes.end + 4);
  buffer.writeDoubleLE(timeNs, bytes.end + 12);
  bytes.end += 20;
}

function takenPlace(taken: Taken) {
  return {
    checksum: taken.text(),
    topic: taken.u16(),
    partition: taken.u16(),
    position: taken.double(),
    timeNs: taken.double(),
  };
}

export const sentPacking: Packing<PartedSent> = {
  pack(bytes, record) {
    packPlace(bytes, record);
    const { buffer, end } = bytes;
    buffer[end] = record.outcome;
    buffer.writeUInt16LE(record.producer, end + 1);
    buffer.writeDoubleLE(record.sequence, end + 3);
    bytes.end = end + 11;
  },
  unpack: (taken) => ({
    id: taken.text(),
    ...takenPlace(taken),
    outcome: taken.u8(),
    producer: taken.u16(),
    sequence: taken.double(),
  }),
};

export const receivedPacking: Packing<PartedReceived> = {
  pack(bytes, record) {
    packPlace(bytes, record);
    const { buffer, end } = bytes;
    buffer.writeDoubleLE(record.index, end);
    buffer[end + 8] = record.group;
    buffer[end + 9] = record.redelivered ? 1 : 0;
    buffer.writeUInt16LE(record.session, end + 10);
    bytes.end = end + 12;
  },
  unpack: (taken) => ({
    id: taken.text(),
    ...takenPlace(taken),
    index: taken.double(),
    group: taken.u8(),
    redelivered: taken.u8() === 1,
    session: taken.u16(),
  }),
};

export const storedPacking: Packing<PartedStored> = {
  pack(bytes, record) {
    bytes.reserve(fixedBytes);
    const { buffer, end } = bytes;
    buffer.writeUInt16LE(record.topic, end);
    buffer.writeUInt16LE(record.partition, end + 2);
    buffer.writeDoubleLE(record.position, end + 4);
    bytes.end = end + 12;
  },
  unpack: (taken) => ({
    id: taken.text(),
    topic: taken.u16(),
    partition: taken.u16(),
    position: taken.double(),
  }),
};

export const effectPacking: Packing<PartedEffect> = {
  pack(bytes, record) {
    bytes.reserve(fixedBytes);
    const { buffer, end } = bytes;
    buffer.writeUInt16LE(record.group, end);
    buffer.writeDoubleLE(record.count, end + 2);
    bytes.end = end + 10;
  },
  unpack: (taken) => ({ id: taken.text(), group: taken.u16(), count: taken.double() }),
};

/** No unit beyond ASCII. */
export function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}

/** A record's place where it names none. */
export const nowhere = { topic: none16, partition: none16, position: noPosition, timeNs: nothing } as const;
