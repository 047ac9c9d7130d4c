/** A message as a broker stores it. */
export interface RecordOptions {
  readonly topic: string;
  readonly queue: number;
  readonly offset: number;
  readonly body: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly reconsumed?: number;
  readonly storedAtMs?: number;
  readonly twoByteTopic?: boolean;
  readonly ipv6?: boolean;
}

export function record(options: RecordOptions): Buffer {
  const {
    topic,
    queue,
    offset,
    body,
    properties = {},
    reconsumed = 0,
    storedAtMs = 0,
    twoByteTopic = false,
    ipv6 = false,
  } = options;
  const host = Buffer.alloc(ipv6 ? 20 : 8);
  const text = Object.entries(properties)
    .map(([name, value]) => `${name}\u0001${value}\u0002`)
    .join('');
  const rest = Buffer.concat([
    ...[u32(twoByteTopic ? -626843477 : -626843481), u32(0), u32(queue), u32(0), u64(offset), u64(1_000 + offset)],
    ...[u32(ipv6 ? 48 : 0), u64(0), host, u64(storedAtMs), host, u32(reconsumed), u64(0)],
    ...[u32(Buffer.byteLength(body)), Buffer.from(body)],
    ...[twoByteTopic ? u16(topic.length) : Buffer.from([topic.length]), Buffer.from(topic)],
    ...[u16(Buffer.byteLength(text)), Buffer.from(text)],
  ]);
  return Buffer.concat([u32(4 + rest.length), rest]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
