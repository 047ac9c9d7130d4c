/** rocketmq-client-nodejs: its promises, its log, its receipts. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageView } from 'rocketmq-client-nodejs';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import {
  incomingOf,
  loadLibrary,
  shutDown,
  silent,
  startUp,
} from '../../../src/products/rocketmq/client/node-client.ts';
import { proxyConfiguration } from '../../../src/products/rocketmq/configuration.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

test('a start that never settles is ended after 5 s, and an end that never settles after 2 s', async () => {
  vi.useFakeTimers();
  const never = { startup: () => new Promise(() => {}), shutdown: vi.fn(() => new Promise(() => {})) };
  const starting = startUp(never, new AbortController().signal);
  const refused = expect(starting).rejects.toThrow('no answer within 5000 ms');
  await vi.advanceTimersByTimeAsync(5_000);
  await refused;
  expect(never.shutdown).toHaveBeenCalled();
  const ending = shutDown(never);
  await vi.advanceTimersByTimeAsync(2_000);
  await ending;
});

test('a PushConsumer writes nothing into the home directory', () => {
  const home = mkdtempSync(join(tmpdir(), 'mqchaos-home-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  vi.stubEnv('HOME', home);
  const { PushConsumer, ConsumeResult } = loadLibrary();
  const client = new PushConsumer({
    ...{ endpoints: '127.0.0.1:1', namespace: '', logger: silent, consumerGroup: 'g' },
    ...{ subscriptions: new Map([['t', '*']]), messageListener: { consume: () => ConsumeResult.SUCCESS } },
  });
  (client as unknown as { createConsumeService(): unknown }).createConsumeService();
  expect(existsSync(join(home, 'logs'))).toBe(false);
});

test('a receipt names the place of a message; a copy of the retry topic has none', () => {
  const queues = [
    { set: 'b1', queue: 0 },
    { set: 'b1', queue: 1 },
    { set: 'b2', queue: 0 },
  ];
  const view = (receiptHandle: string, deliveryAttempt: number) =>
    ({
      receiptHandle,
      deliveryAttempt,
      body: Buffer.from('x'),
      properties: new Map([['MQCHAOS_PARTITION', '1']]),
    }) as unknown as MessageView;
  expect(incomingOf(view('5 1 2 0 0 b2 0 17 9000', 1), queues)).toMatchObject({
    partition: 2,
    position: 17,
    redelivered: false,
  });
  const copy = incomingOf(view('5 1 2 0 1 b2 0 17 9000', 2), queues);
  expect(copy).toMatchObject({ partition: 1, redelivered: true, attempt: 2 });
  expect(copy.position).toBeUndefined();
});

test('our proxy forgets a dead client after 20 s, not after 120', () => {
  const place = { folder: '/run/proxy', named: '127.0.0.1:1', controller: undefined };
  const settings = JSON.parse(proxyConfiguration({ grpc: 2, remoting: 3 }, place)) as Record<string, unknown>;
  expect(settings.channelExpiredTimeout).toBe(20_000);
});
