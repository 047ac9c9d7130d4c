import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliveryFlags, none16 } from '../../src/journal/event.ts';
import { decodeEnvelope, encodeEnvelope, envelopeBytes, type Identity, runTag } from '../../src/products/envelope.ts';
import { Body } from '../../src/workers/body.ts';
import { deliveryOf } from '../../src/workers/task.ts';

const tag = runTag('this run');
const identity: Identity = { producer: 7, seq: 4711, attempt: 2, partition: 3, sentAtNs: 1_000_000 };
const body = Buffer.from('the body');
const nowNs = 3_000_000;

const deliver = (value: Buffer, more: object = {}): ReturnType<typeof deliveryOf> =>
  deliveryOf({ value, partition: 3, position: 99, epoch: 1, redelivered: false, attempt: 1, ...more }, tag, nowNs);

const identities = fc.record({
  producer: fc.integer({ min: 0, max: 0xffff }),
  seq: fc.integer({ min: 0, max: 0xffffffff }),
  attempt: fc.integer({ min: 1, max: 0xffff }),
  partition: fc.integer({ min: 0, max: 0xffff }),
  sentAtNs: fc.integer({ min: 0, max: 2 ** 48 }),
});

describe('deliveryOf', () => {
  it('names the message, its place, its attempt and its age', () => {
    expect(deliver(encodeEnvelope(tag, identity, body))).toEqual({
      ...{ producer: 7, seq: 4711, flags: 0, partition: 3, position: 99, epoch: 1, sendAttempt: 2, latencyUs: 2000 },
    });
  });

  it('a clock that seems to go backwards gives no negative age', () => {
    expect(deliver(encodeEnvelope(tag, { ...identity, sentAtNs: nowNs + 5 }, body)).latencyUs).toBe(0);
  });

  it('leaves out what the broker did not say', () => {
    const { position, epoch } = deliver(encodeEnvelope(tag, identity, body), { position: undefined, epoch: undefined });
    expect([position, epoch]).toEqual([undefined, undefined]);
  });

  it.each([
    ['redelivered', encodeEnvelope(tag, identity, body), { redelivered: true }, deliveryFlags.redelivered],
    ['in another partition', encodeEnvelope(tag, identity, body), { partition: 2 }, deliveryFlags.misrouted],
    ['of another run', encodeEnvelope(runTag('another run'), identity, body), {}, deliveryFlags.foreign],
    ['cut short', encodeEnvelope(tag, identity, body).subarray(0, -1), {}, deliveryFlags.corrupt],
    ['longer', Buffer.concat([encodeEnvelope(tag, identity, body), Buffer.of(0)]), {}, deliveryFlags.corrupt],
  ] as const)('%s', (_, value, more, flag) => {
    expect(deliver(value, more)).toMatchObject({ producer: 7, seq: 4711, flags: flag });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['somebody else’s', Buffer.from('{"order":1}')],
    ['half an identity', encodeEnvelope(tag, identity, body).subarray(0, envelopeBytes - 1)],
    ['zeros', Buffer.alloc(200)],
  ])('%s names nobody', (_, value) => {
    expect(deliver(value)).toMatchObject({
      producer: none16,
      seq: 0,
      flags: deliveryFlags.unidentified,
      sendAttempt: 0,
    });
  });
});

describe('the envelope', () => {
  it('comes back as it went', () => {
    fc.assert(
      fc.property(
        identities,
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 0, max: 0xffffffff }),
        (who, bytes, run) => {
          const decoded = decodeEnvelope(encodeEnvelope(run, who, bytes), run);
          expect(decoded).toEqual({ ...who, ours: true, bodyGood: true });
        },
      ),
    );
  });

  it('every flipped bit is seen: in the identity it names nobody, in the body it is corrupt', () => {
    fc.assert(
      fc.property(identities, fc.uint8Array({ minLength: 1, maxLength: 40 }), (who, bytes) => {
        const whole = encodeEnvelope(tag, who, bytes);
        for (let bit = 0; bit < whole.length * 8; bit += 1) {
          const value = Buffer.from(whole);
          value[bit >> 3] = (value[bit >> 3] as number) ^ (1 << (bit & 7));
          const decoded = decodeEnvelope(value, tag);
          if (bit < envelopeBytes * 8) expect(decoded).toBeUndefined();
          else expect(decoded).toEqual({ ...who, ours: true, bodyGood: false });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('a body of the right length put under another identity is corrupt', () => {
    const one = encodeEnvelope(tag, identity, Buffer.from('one body'));
    const other = encodeEnvelope(tag, identity, Buffer.from('two body'));
    const mixed = Buffer.concat([one.subarray(0, envelopeBytes), other.subarray(envelopeBytes)]);
    expect(decodeEnvelope(mixed, tag)).toMatchObject({ bodyGood: false });
  });
});

describe('bodies', () => {
  it('have the size that the plan says, envelope included, and differ between neighbours', () => {
    for (const size of [256, 100 * 1024]) {
      const bodies = new Body(1, size);
      expect(encodeEnvelope(tag, identity, bodies.of(0))).toHaveLength(size);
      expect(Buffer.from(bodies.of(1)).equals(bodies.of(2))).toBe(false);
    }
  });

  it('follow from the seed', () => {
    expect(Buffer.from(new Body(5, 300).of(9)).equals(new Body(5, 300).of(9))).toBe(true);
    expect(Buffer.from(new Body(5, 300).of(9)).equals(new Body(6, 300).of(9))).toBe(false);
  });

  it('smaller than an envelope are empty', () => {
    expect(new Body(1, 10).of(3)).toHaveLength(0);
  });
});
