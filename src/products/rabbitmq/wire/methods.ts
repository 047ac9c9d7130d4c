/** The methods of AMQP 0-9-1, and of its extension for confirms, that links look at. */
import { type Method, methodFrame } from './frames.ts';

export const connectionStartOk = 0x000a_000b;
export const channelOpen = 0x0014_000a;
export const basicPublish = 0x003c_0028;
export const basicAck = 0x003c_0050;
export const basicNack = 0x003c_0078;
export const confirmSelect = 0x0055_000a;

/** A broker's answer to one publish, or with `multiple` to all up to it; 0 then: to all that there are. */
export interface Confirm {
  readonly channel: number;
  readonly tag: number;
  readonly multiple: boolean;
  readonly isNack: boolean;
}

const multipleBit = 1;
const tagBytes = 8;

/** Undefined: its arguments are not what they should be. */
export function confirmOf({ channel, id, args }: Method): Confirm | undefined {
  if (args.length !== tagBytes + 1) return undefined;
  const multiple = ((args[tagBytes] ?? 0) & multipleBit) !== 0;
  return { channel, tag: Number(args.readBigUInt64BE(0)), multiple, isNack: id === basicNack };
}

export function confirmFrame({ channel, tag, multiple, isNack }: Confirm): Buffer {
  const args = Buffer.alloc(tagBytes + 1);
  args.writeBigUInt64BE(BigInt(tag), 0);
  args.writeUInt8(multiple ? multipleBit : 0, tagBytes);
  return methodFrame(channel, isNack ? basicNack : basicAck, args);
}

/** Where a publish goes: its exchange, or of the exchange without a name the queue. Undefined: it cannot be read. */
export function destinationOf({ args }: Method): string | undefined {
  const exchange = shortText(args, 2); // behind a number that is of no meaning
  if (exchange === undefined) return undefined;
  return exchange.text === '' ? shortText(args, exchange.end)?.text : exchange.text;
}

function shortText(bytes: Buffer, at: number): { readonly text: string; readonly end: number } | undefined {
  const end = at + 1 + (bytes[at] ?? 0);
  return at < bytes.length && end <= bytes.length ? { text: bytes.toString('utf8', at + 1, end), end } : undefined;
}

/** By which letter a value of a table begins, and how long it is; `long`: a length of 32 bits and that many bytes. */
const sizes: Readonly<Record<string, number | 'long'>> = {
  ...{ t: 1, b: 1, B: 1, s: 2, U: 2, u: 2, I: 4, i: 4, f: 4, D: 5, L: 8, l: 8, d: 8, T: 8, V: 0 },
  ...{ S: 'long', A: 'long', F: 'long', x: 'long' },
};

/** What a client calls its connection (`connection_name` of its properties); empty: it has no name. */
export function connectionName({ args }: Method): string {
  if (args.length < 4) return '';
  const end = Math.min(args.length, 4 + args.readUInt32BE(0));
  let at = 4;
  while (at < end) {
    const key = shortText(args, at);
    const size = sizes[String.fromCharCode(args[key?.end ?? end] ?? 0)];
    if (key === undefined || size === undefined) return '';
    const value = key.end + 1;
    const from = size === 'long' ? value + 4 : value;
    if (from > end) return '';
    at = size === 'long' ? from + args.readUInt32BE(value) : from + size;
    if (key.text === 'connection_name') return at <= end ? args.toString('utf8', from, at) : '';
  }
  return '';
}
