/** A long outage of the only broker, driven by the commands that a profile's `control` would use. */
import { execSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processState } from '../../../../src/cluster/proc.ts';
import { driver as kafka } from '../../../../src/products/kafka/driver.ts';
import { accessTo, channelOf } from '../../../support/access.ts';
import { missingKafka, type RealKafka, startKafka, until } from '../../../support/kafka.ts';
import { message, seqOf } from '../client/messages.ts';

const missing = missingKafka();
const signal = AbortSignal.timeout(300_000);
const sleep = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

describe.skipIf(missing !== undefined)(
  `an outage of the only broker ${missing ? `(needs Kafka: ${missing})` : ''}`,
  () => {
    let broker: RealKafka;
    beforeAll(async () => {
      broker = await startKafka();
    });
    afterAll(() => broker[Symbol.asyncDispose]());

    test.each(['kill', 'pause'] as const)(
      '%s: everybody asks in vain, nobody gives up, and all goes on afterwards',
      async (how) => {
        const access = accessTo([broker.bootstrap]);
        const topic = `outage-${how}`;
        const group = `group-${how}`;
        await using admin = await kafka.admin(access);
        await admin.declare(channelOf(topic, 2), signal);
        await using producer = await kafka.producer(access, {
          channel: channelOf(topic),
          acks: 'all',
          oneway: false,
          idempotent: false,
          timeoutMs: 1_000,
          signal,
        });
        await using consumer = await kafka.consumer(access, {
          ...{ channel: channelOf(topic), group, sessionTimeoutMs: 2_000 },
          ...{ settleOnDelivery: false, signal },
        });
        const received = new Set<number>();
        const assignments: string[] = [];
        const failures: Error[] = [];
        await consumer.start({
          batch: async (batch) => {
            for (const { value } of batch.messages) received.add(seqOf(value));
            await batch.settle(batch.messages);
          },
          assigned: (partitions) => assignments.push(`+${partitions}`),
          revoked: (partitions) => assignments.push(`-${partitions}`),
          failed: (error) => failures.push(error),
        });
        expect(await producer.send(message(1))).toMatchObject({ outcome: 'acked' });

        execSync(broker.commands[how]);
        // the signal takes hold when a thread of the broker runs next: until then others may answer
        if (how === 'pause') await until('it stands still', 5_000, () => processState(broker.pid()) === 'T');
        const outcomes = new Set<string>();
        for (let seq = 100; seq < 120; seq++) {
          const [first, second] = await Promise.all([producer.send(message(seq)), producer.send(message(seq + 100))]);
          outcomes.add(first.outcome).add(second.outcome);
          await sleep(200);
        }
        expect(outcomes.has('acked')).toBe(false);
        const unanswered = await admin.drained(topic, group, signal);
        expect(unanswered.proven).toBe(false);
        const read = await kafka.read?.(
          access,
          { channel: channelOf(topic), group: 'reader', signal: AbortSignal.timeout(1_000) },
          () => {},
        );
        expect(read?.every(({ complete }) => !complete)).toBe(true);
        // Joins while there is nobody to join.
        await using late = await kafka.consumer(access, {
          channel: channelOf(topic),
          group: `late-${how}`,
          sessionTimeoutMs: 2_000,
          settleOnDelivery: false,
          signal,
        });
        const joining = late.start({
          batch: async () => {},
          assigned: () => {},
          revoked: () => {},
          failed: (error) => failures.push(error),
        });
        await using begun = await kafka.producer(access, {
          channel: channelOf(topic),
          acks: 'all',
          oneway: false,
          idempotent: true,
          timeoutMs: 1_000,
          signal,
        });
        expect((await begun.send(message(300))).outcome).not.toBe('acked');

        execSync(how === 'kill' ? broker.commands.start : broker.commands.continue);
        const healedAtMs = performance.now();
        const times: Record<string, number> = {};
        const back = async (what: string, isBack: () => boolean | Promise<boolean>): Promise<void> => {
          await until(`${what} is back`, 60_000, isBack);
          times[what] = Math.round(performance.now() - healedAtMs);
        };
        let seq = 1_000;
        await back('producer', async () => (await producer.send(message(++seq))).outcome === 'acked');
        await back('idempotent producer', async () => (await begun.send(message(++seq))).outcome === 'acked');
        await back('consumer', () => received.has(seq));
        await joining;
        times['late consumer'] = Math.round(performance.now() - healedAtMs);
        await back('drained', async () => (await admin.drained(topic, group, signal)).proven);
        console.log(how, JSON.stringify(times), assignments.join(' '));
        expect(failures).toEqual([]);
      },
    );
  },
);
