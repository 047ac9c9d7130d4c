import { expect, test } from 'vitest';
import { auditRun } from '../../src/audit/audit.ts';
import { forbiddenByDefault } from '../../src/audit/class.ts';
import { RunFolder } from './support/folder.ts';

const limits = Object.fromEntries(forbiddenByDefault.map((name) => [name, 0]));

test('a clean run passes, with every count in its place', async () => {
  using folder = new RunFolder();
  const runner = folder.open('runner', 'runner');
  const producer = folder.open('producer', 'p1.1', 1);
  const consumer = folder.open('consumer', 'c1.1');
  const reader = folder.open('reader', 'reader');
  for (let seq = 0; seq < 100; seq += 1) {
    folder.at(seq);
    producer.intended(1, seq, 1, seq % 2, 100);
    folder.at(seq + 0.5);
    const place = { partition: seq % 2, position: seq >> 1, epoch: 0 };
    producer.outcome(1, seq, 1, 'acked', 500, place);
    const delivery = { producer: 1, seq, flags: 0, sendAttempt: 1, latencyUs: 800, ...place };
    consumer.received(delivery, 0, 1, 1);
    reader.stored(delivery);
  }
  folder.fault(runner, 'f1', 20, 30);
  folder.exit(runner, 'p1.1', 'producer');
  folder.drain(runner);
  folder.exit(runner, 'c1.1', 'consumer');
  for (const partition of [0, 1]) {
    reader.append({ kind: 'read', detail: { partition, from: 0, to: 50, complete: true } });
  }
  folder.exit(runner, 'reader', 'reader');
  runner.close();
  const audit = await auditRun({ journals: folder.journals(), expectation: { limits }, plannedFaults: [{ id: 'f1' }] });
  expect(audit.verdict).toEqual({
    value: 'pass',
    reasons: ['100 of 100 messages acked, 1 fault injected and healed, nothing unexpected found'],
  });
  expect(audit.counts).toMatchObject({ attempted: 100, acked: 100, ackedDelivered: 100, lost: 0, deliveries: 100 });
  expect(audit.latency.ack?.p50Us).toBe(500);
  expect(audit.workers).toEqual(
    ['p1.1', 'c1.1', 'reader'].map((name) => expect.objectContaining({ name, finished: true, exitedNs: 30e6 })),
  );
  expect(audit.journals.map(({ file, state, whole }) => [file, state, whole])).toEqual(
    ['c1.1', 'p1.1', 'reader', 'runner'].map((name) => [`${name}.journal`, 'closed', true]),
  );
  expect(audit.reads.map(({ partition, complete }) => [partition, complete])).toEqual([
    [0, true],
    [1, true],
  ]);
  expect(audit.drain.proven).toEqual([{ group: 'g', proven: true }]);
});
