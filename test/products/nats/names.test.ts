import { expect, test } from 'vitest';
import { advisoriesOf, durableOf, messageId, partitionOf, streamOf } from '../../../src/products/nats/client/names.ts';

test('a partition is a stream, and a stream tells its partition', () => {
  expect(streamOf('orders', 3)).toBe('orders-3');
  expect(partitionOf('orders', 'orders-3')).toBe(3);
});

test('the streams of other channels are none of this one', () => {
  for (const stream of ['orders-probe-0', 'orders-dead', 'orders', 'order-3', 'orders-', 'orders-3x', 'my-orders-3']) {
    expect(partitionOf('orders', stream)).toBeUndefined();
  }
  expect(advisoriesOf('orders')).toBe('orders-dead');
});

test('what a server refuses in a name is replaced', () => {
  expect(streamOf('a.b*c>d e/f', 0)).toBe('a_b_c_d_e_f-0');
  expect(durableOf('group.1')).toBe('group_1');
});

test('attempts at a message have one id, other messages another', () => {
  expect(messageId({ producer: 7, seq: 12 })).toBe('7-12');
  expect(messageId({ producer: 71, seq: 2 })).not.toBe(messageId({ producer: 7, seq: 12 }));
});
