import { expect, test } from 'vitest';
import { PublishFrames } from '../../../src/products/rabbitmq/client/frames.ts';

const heartbeat = Buffer.from([8, 0, 0, 0, 0, 0, 0, 0xce]);

function frame(type: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(7);
  head.writeUInt8(type, 0);
  head.writeUInt16BE(1, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}

function method(classId: number, methodId: number, rest = Buffer.alloc(9)): Buffer {
  const name = Buffer.alloc(4);
  name.writeUInt16BE(classId, 0);
  name.writeUInt16BE(methodId, 2);
  return frame(1, Buffer.concat([name, rest]));
}

/** A message as it leaves: its method, its header, and a body that looks like a publish itself. */
const message = Buffer.concat([method(60, 40), frame(2, Buffer.alloc(30)), frame(3, method(60, 40))]);

function count(chunks: readonly Buffer[]): number {
  let begun = 0;
  const frames = new PublishFrames(() => {
    begun += 1;
  });
  for (const chunk of chunks) frames.take(chunk);
  return begun;
}

test('counts publishes, not other methods, nor what bodies hold', () => {
  expect(count([message])).toBe(1);
  expect(count([method(60, 10), method(20, 10), message, heartbeat, message])).toBe(2);
  expect(count([method(60, 80), heartbeat, heartbeat])).toBe(0);
  expect(count([frame(3, Buffer.alloc(0)), message])).toBe(1);
});

test('wherever the bytes are cut', () => {
  const bytes = Buffer.concat([heartbeat, message, method(50, 10), message, heartbeat, message]);
  for (let size = 1; size < 40; size += 1) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    expect(count(chunks), `chunks of ${size}`).toBe(3);
  }
});

test('a message counts as soon as its first frame can be told', () => {
  expect(count([message.subarray(0, 11)])).toBe(1);
  expect(count([message.subarray(0, 10)])).toBe(0);
});
