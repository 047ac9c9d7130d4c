/**
 * Frames of RocketMQ's remoting protocol with its JSON header: u32 length of the rest, u32 length of the header (its top
 * byte tells the header's form, 0 is JSON), header, body. An answer has the `opaque` of its question and flag bit 0.
 */

export interface Answer {
  readonly code: number;
  /** Free text of the broker; only its bracketed or fixed beginning may decide anything (see send-answers.ts). */
  readonly remark: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface ReceivedFrame extends Answer {
  readonly opaque: number;
  readonly isAnswer: boolean;
}

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Brokers answer some things to new clients only: the number of 5.3.1 and later. */
const clientVersion = 479;
/** No answer of a broker is larger; a length beyond it is not of this protocol. */
const longestFrame = 64 * 1024 * 1024;

/** @param oneway no answer is asked for. */
export function encodeRequest(code: number, opaque: number, fields: Fields, body: Uint8Array, oneway = false): Buffer {
  const extFields: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) extFields[name] = String(value);
  const header = Buffer.from(
    JSON.stringify({
      ...{ code, language: 'OTHER', version: clientVersion, opaque, flag: oneway ? 2 : 0 },
      ...{ serializeTypeCurrentRPC: 'JSON', extFields },
    }),
  );
  const frame = Buffer.allocUnsafe(8 + header.length + body.length);
  frame.writeUInt32BE(4 + header.length + body.length, 0);
  frame.writeUInt32BE(header.length, 4);
  header.copy(frame, 8);
  frame.set(body, 8 + header.length);
  return frame;
}

/** Collects what comes from a socket and gives whole frames. Throws for what is not of this protocol. */
export class FrameReader {
  #parts: Buffer[] = [];
  #length = 0;

  *read(chunk: Buffer): Generator<ReceivedFrame> {
    this.#parts.push(chunk);
    this.#length += chunk.length;
    while (this.#length >= 4) {
      const rest = this.#head().readUInt32BE(0);
      if (rest > longestFrame || rest < 4) throw new Error(`a frame of ${rest} bytes is none of the remoting protocol`);
      if (this.#length < 4 + rest) return;
      yield decodeFrame(this.#take(4 + rest));
    }
  }

  /** The parts, joined as far as the length needs. */
  #head(): Buffer {
    if ((this.#parts[0] as Buffer).length < 4) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0] as Buffer;
  }

  #take(bytes: number): Buffer {
    const all = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    this.#length -= bytes;
    this.#parts = this.#length === 0 ? [] : [all.subarray(bytes)];
    return all.subarray(0, bytes);
  }
}

function decodeFrame(frame: Buffer): ReceivedFrame {
  const headerBytes = frame.readUInt32BE(4) & 0xff_ffff;
  const header = JSON.parse(frame.toString('utf8', 8, 8 + headerBytes)) as {
    code: number;
    opaque: number;
    flag?: number;
    remark?: string;
    extFields?: Record<string, string>;
  };
  return {
    code: header.code,
    opaque: header.opaque,
    isAnswer: ((header.flag ?? 0) & 1) === 1,
    remark: header.remark ?? '',
    fields: header.extFields ?? {},
    body: frame.subarray(8 + headerBytes),
  };
}
