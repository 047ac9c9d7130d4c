import type { Message } from 'amqplib';
import { expect, test } from 'vitest';
import { attemptOf, failuresOf } from '../../../src/products/rabbitmq/client/attempts.ts';

const withHeaders = (headers: Record<string, unknown> | undefined): Message =>
  ({ content: Buffer.alloc(0), fields: {}, properties: { headers } }) as unknown as Message;

test('a first try has no headers at all', () => {
  expect(attemptOf(withHeaders(undefined), 'g', true)).toBe(1);
  expect(attemptOf(withHeaders({}), 'g', false)).toBe(1);
});

test('with a wait queue: the times it was rejected from the queue, not those it waited or was dropped', () => {
  const death = (queue: string, reason: string, count: number) => ({ queue, reason, count });
  const deaths = [death('g-wait', 'expired', 3), death('g', 'maxlen', 5), death('g', 'rejected', 3)];
  expect(failuresOf(withHeaders({ 'x-death': deaths }), 'g')).toBe(3);
  expect(attemptOf(withHeaders({ 'x-death': deaths, 'x-delivery-count': 7 }), 'g', true)).toBe(4);
  expect(failuresOf(withHeaders({ 'x-death': deaths }), 'other')).toBe(0);
  expect(failuresOf(withHeaders({ 'x-death': 'damaged' }), 'g')).toBe(0);
});

test('without: the times it was given back, where the queue counts', () => {
  expect(attemptOf(withHeaders({ 'x-delivery-count': 2 }), 'g', false)).toBe(3);
  expect(attemptOf(withHeaders({ 'x-delivery-count': '2' }), 'g', false)).toBe(3);
  expect(attemptOf(withHeaders({ 'x-delivery-count': -1 }), 'g', false)).toBe(1);
});
