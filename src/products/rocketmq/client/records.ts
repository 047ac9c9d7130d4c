/**
 * Messages as a broker stores them and as PULL_MESSAGE and POP_MESSAGE give them. Big-endian:
 *
 *   u32 size · u32 magic · u32 crc · u32 queue · u32 flag · u64 offset in the queue · u64 offset in the commit log ·
 *   u32 system flag · u64 born · host · u64 stored · host · u32 times reconsumed · u64 transaction ·
 *   u32 length, body · length, topic · u16 length, properties (name \x01 value \x02 …)
 *
 * A host is 8 bytes, or 20 where the system flag says IPv6; the topic's length is one byte, two with the second magic.
 */

export interface StoredRecord {
  readonly topic: string;
  readonly queue: number;
  readonly offset: number;
  readonly logOffset: number;
  /** When this broker stored it, ms of its clock. */
  readonly storedAtMs: number;
  readonly reconsumed: number;
  readonly body: Buffer;
  readonly properties: ReadonlyMap<string, string>;
}

const magics = { oneByteTopic: -626843481, twoByteTopic: -626843477 } as const;
const hostFlags = { born: 16, stored: 32 } as const;

/** Throws for what is cut off or no message. */
export function decodeRecords(bytes: Buffer): StoredRecord[] {
  const records: StoredRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.length - at < 4 ? 0 : bytes.readInt32BE(at);
    if (size < 91 || at + size > bytes.length)
      throw new Error(`a message of ${size} bytes at byte ${at} of ${bytes.length}`);
    records.push(decodeRecord(bytes.subarray(at, at + size)));
    at += size;
  }
  return records;
}

function decodeRecord(bytes: Buffer): StoredRecord {
  const magic = bytes.readInt32BE(4);
  if (magic !== magics.oneByteTopic && magic !== magics.twoByteTopic) throw new Error(`no message: magic ${magic}`);
  const systemFlag = bytes.readInt32BE(36);
  let at = 48 + ((systemFlag & hostFlags.born) === 0 ? 8 : 20);
  const storedAtMs = Number(bytes.readBigInt64BE(at));
  at += 8 + ((systemFlag & hostFlags.stored) === 0 ? 8 : 20);
  const reconsumed = bytes.readInt32BE(at);
  at += 12;
  const body = bytes.subarray(at + 4, at + 4 + bytes.readInt32BE(at));
  at += 4 + body.length;
  const [topicBytes, lengthBytes] =
    magic === magics.oneByteTopic ? [bytes.readUInt8(at), 1] : [bytes.readUInt16BE(at), 2];
  at += lengthBytes;
  const topic = bytes.toString('utf8', at, at + topicBytes);
  at += topicBytes;
  const properties = bytes.toString('utf8', at + 2, at + 2 + bytes.readUInt16BE(at));
  return {
    topic,
    queue: bytes.readInt32BE(12),
    offset: Number(bytes.readBigInt64BE(20)),
    logOffset: Number(bytes.readBigInt64BE(28)),
    storedAtMs,
    reconsumed,
    body,
    properties: decodeProperties(properties),
  };
}

const [separator, end] = ['\u0001', '\u0002'];

export function encodeProperties(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}${separator}${value}${end}`)
    .join('');
}

function decodeProperties(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(end).filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf(separator);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
