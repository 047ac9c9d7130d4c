import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProduceFrames, RefusedFrame } from '../../../../src/products/kafka/client/frames.ts';
import { message } from './messages.ts';

const produceKey = 0;
const metadataKey = 3;

/** A request as kafkajs writes it: size, key, version, correlation, client, and the message somewhere in the body. */
function request(key: number, correlation: number, value: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeInt16BE(key, 4);
  head.writeInt16BE(7, 6);
  head.writeInt32BE(correlation, 8);
  const frame = Buffer.concat([head, Buffer.from('\0\x04test'), Buffer.alloc(70), value]);
  frame.writeInt32BE(frame.length - 4, 0);
  return frame;
}

function answer(correlation: number, code: number): Buffer {
  const frame = Buffer.alloc(4 + 4 + 4 + 2 + 1 + 4 + 4 + 2 + 8 + 8 + 8 + 4);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt32BE(correlation, 4);
  frame.writeInt32BE(1, 8);
  frame.writeInt16BE(1, 12);
  frame.write('t', 14);
  frame.writeInt32BE(1, 15);
  frame.writeInt16BE(code, 23);
  return frame;
}

function watched(frames: ProduceFrames, onWrite: (bytes: Buffer) => void = () => {}) {
  const written: Buffer[] = [];
  const socket = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      onWrite(chunk);
      written.push(chunk);
      done();
    },
  });
  frames.watch(socket as unknown as Socket);
  // As on the next turn of the event loop.
  const flushed = async (): Promise<Buffer> => {
    await new Promise((wake) => setImmediate(wake));
    return Buffer.concat(written);
  };
  return { socket, flushed };
}

describe('frames', () => {
  test('an attempt is marked before its bytes leave', async () => {
    const frames = new ProduceFrames({ answered: true });
    const one = message(1);
    const attempt = frames.open(one.value);
    const seen: number[] = [];
    const { socket, flushed } = watched(frames, () => seen.push(attempt.writes));
    socket.write(request(produceKey, 5, one.value));
    await flushed();
    expect(seen).toEqual([1]);
  });

  test('other requests, and other attempts of the same message, mark nothing', async () => {
    const frames = new ProduceFrames({ answered: true });
    const attempt = frames.open(message(1).value);
    const other = frames.open(message(1, { attempt: 2 }).value);
    const { socket } = watched(frames);
    socket.write(request(metadataKey, 1, message(1).value));
    socket.write(request(produceKey, 2, message(1, { attempt: 2 }).value));
    expect([attempt.writes, other.writes]).toEqual([0, 1]);
  });

  test('an attempt that has ended is refused, and no byte of it leaves', async () => {
    const frames = new ProduceFrames({ answered: true });
    const one = message(1);
    frames.close(frames.open(one.value));
    const { socket, flushed } = watched(frames);
    expect(() => socket.write(request(produceKey, 1, one.value))).toThrow(RefusedFrame);
    frames.queued = true;
    expect(socket.write(request(produceKey, 2, one.value))).toBe(true);
    socket.write(request(metadataKey, 3, Buffer.alloc(0)));
    expect(await flushed()).toEqual(request(metadataKey, 3, Buffer.alloc(0)));
  });

  test('the broker’s answer is read, also in pieces, and of the last write only', () => {
    const frames = new ProduceFrames({ answered: true });
    const one = message(1);
    const attempt = frames.open(one.value);
    const { socket } = watched(frames);
    socket.write(request(produceKey, 5, one.value));
    const bytes = answer(5, 19);
    socket.emit('data', bytes.subarray(0, 3));
    socket.emit('data', bytes.subarray(3, 25));
    expect(attempt.answer).toBeUndefined();
    socket.emit('data', Buffer.concat([bytes.subarray(25), answer(99, 2)]));
    expect(attempt.answer).toBe(19);
    socket.write(request(produceKey, 6, one.value));
    expect(attempt).toMatchObject({ writes: 2, answer: undefined });
  });

  test('however the stream is cut, what is written is whole frames, marked first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 40 }), async (cuts) => {
        const frames = new ProduceFrames({ answered: true });
        const messages = [message(1), message(2, { bytes: 0 }), message(3, { bytes: 300 })];
        const attempts = messages.map(({ value }) => frames.open(value));
        const stream = Buffer.concat(messages.map(({ value }, index) => request(produceKey, index, value)));
        const sizes: number[] = [];
        const { socket, flushed } = watched(frames, (bytes) => {
          sizes.push(bytes.length);
          expect(attempts.filter(({ writes }) => writes === 1).length).toBeGreaterThanOrEqual(sizes.length);
        });
        let at = 0;
        for (const cut of cuts) {
          socket.write(stream.subarray(at, at + cut));
          at += cut;
        }
        socket.write(stream.subarray(at));
        expect(await flushed()).toEqual(stream);
        expect(attempts.map(({ writes }) => writes)).toEqual([1, 1, 1]);
      }),
    );
  });

  test('a stream that makes no sense passes, and from then on nothing is proof', async () => {
    const frames = new ProduceFrames({ answered: true });
    const { socket, flushed } = watched(frames);
    const nonsense = Buffer.from('GET / HTTP/1.1\r\n\r\n');
    nonsense.writeInt32BE(-1, 0);
    socket.write(nonsense);
    expect(frames.blind).toBe(true);
    socket.write(Buffer.from('more'));
    expect(await flushed()).toEqual(Buffer.concat([nonsense, Buffer.from('more')]));
  });
});
