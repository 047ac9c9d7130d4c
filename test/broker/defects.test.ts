import { expect, test } from 'vitest';
import { findingClasses } from '../../src/audit/class.ts';
import { anonymous, batchOf, firstValue } from '../../src/broker/defects/batches.ts';
import { Rarely } from '../../src/broker/defects/rarely.ts';
import { defects } from '../../src/broker/defects/registry.ts';
import { checkBatch, readBatchHeader, seal } from '../../src/broker/wire/record-batch.ts';
import { defects as namesInProfiles } from '../../src/products/bundled/settings.ts';
import { batch } from './support/batches.ts';

test('profiles know them by the same names, and the audit the classes that they are caught as', () => {
  expect(defects.map(({ name }) => name)).toEqual(namesInProfiles);
  for (const { caughtAs } of defects) expect(findingClasses).toContain(caughtAs);
});

test('about one record in a thousand is picked, the same ones each time', () => {
  const picked = () => {
    const rarely = new Rarely();
    return Array.from({ length: 5000 }, (_, index) => index).filter(() => rarely.picks(2));
  };
  expect(picked()).toEqual([249, 749, 1249, 1749, 2249, 2749, 3249, 3749, 4249, 4749]);
});

test('a made-up batch is one that clients accept, and its value is found again', () => {
  for (const size of [1, 60, 200, 20_000]) {
    const made = batchOf(Buffer.alloc(size, 'v'), batch({ count: 3, producerId: 7, epoch: 0, sequence: 4 }));
    expect(checkBatch(made, 1_000_000)).toMatchObject({ count: 1, producerId: -1, sizeBytes: made.length });
    expect(String(firstValue(made))).toBe('v'.repeat(size));
  }
});

test('an anonymous copy is the same but for its producer', () => {
  const original = batch({ count: 2, producerId: 7, epoch: 1, sequence: 4, payload: 'some records' });
  const copy = anonymous(original);
  expect(checkBatch(copy, 1000)).toMatchObject({ producerId: -1, producerEpoch: -1, baseSequence: -1, count: 2 });
  expect(copy.subarray(61).equals(original.subarray(61))).toBe(true);
  expect(readBatchHeader(original).producerId).toBe(7);
});

test('the values of compressed batches are left alone', () => {
  const packed = batch({ payload: 'not a record' });
  packed.writeInt16BE(1, 21);
  expect(firstValue(seal(packed))).toBeUndefined();
});
