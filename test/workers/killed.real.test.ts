/**
 * Workers killed at the worst instant: a producer when its batch has just reached the broker and nobody was told yet, a
 * consumer when its commit has. Whatever the instant, the records must not accuse the broker: no stored message without
 * its intent, no ack without its message, no commit beyond what was written down as received.
 *
 * test/soak/worker-kills.mjs runs this with other numbers: MQCHAOS_WORKER_KILLS, their first seed and a file for notes.
 */

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type RandomStream, stream } from '../../src/plan/random.ts';
import type { RunWorker } from '../../src/run/workers/worker.ts';
import { noAbort, poll } from '../../src/wait.ts';
import { TestRun } from '../support/cluster.ts';
import { WatchedLog } from './support/commit-log.ts';
import { committedOffsets, receivedPositions, sendJournals, storedAttempts } from './support/testimony.ts';

const modes = ['sync', 'async, window: 100', 'oneway'] as const;
const producerKills = 4;
const consumerKills = 3;
const wanted = Number(process.env.MQCHAOS_WORKER_KILLS ?? 20);
const firstSeed = Number(process.env.MQCHAOS_WORKER_KILLS_SEED ?? 1);
const notes = process.env.MQCHAOS_WORKER_KILLS_NOTES;
const campaigns = Math.ceil(wanted / (producerKills + consumerKills));
const strikeBoundMs = 15_000;

const profile = (send: string): string => `
cluster: { broker: bundled, masters: 1 }
topic: { partitions: 3 }
producers: { count: 1, send: ${send}, messages: 6000, rate: 1500/s, timeout: 2s }
consumers: { count: 1, sessionTimeout: 1s }
expect: { undelivered: any, duplicate-delivered: any, duplicate-stored: any }
`;

describe('workers killed at the instant their batch or commit is stored', () => {
  const seeds = Array.from({ length: campaigns }, (_, index) => firstSeed + index);
  it.each(seeds)(
    'seed %i',
    async (seed) => {
      const send = modes[seed % modes.length] as string;
      await using run = await TestRun.start(profile(send), seed);
      const { workload, context, cluster } = run;
      const random = stream(seed, 'worker-kills');
      using log = new WatchedLog(join(context.folder.nodes, 'b1'));
      await workload.startProducers();
      await workload.startConsumers();
      workload.go();
      const [producer, consumer] = await Promise.all([killProducer(run, log, random), killConsumer(run, log, random)]);
      await poll(() => (workload.unfinished ? undefined : true), { everyMs: 20, boundMs: 60_000, signal: noAbort });

      const { intended, acked } = await sendJournals(run.journals);
      const stored = new Set(await storedAttempts(cluster.bootstrap, context.channel.name));
      const phantoms = [...stored].filter((attempt) => !intended.has(attempt));
      const gone = [...acked].filter((attempt) => !stored.has(attempt));
      const record = await run.finish();
      const { value: verdict } = record.verdict;
      note({ seed, send, producer, consumer, phantoms: phantoms.length, gone: gone.length, verdict });
      expect({ producer, consumer, phantoms, gone }).toEqual({
        producer: { kills: producerKills },
        consumer: { kills: consumerKills, unrecorded: [] },
        phantoms: [],
        gone: [],
      });
      // oneway sends are never acknowledged, and the audit passes nothing of which no ack is known
      expect(record.verdict).toEqual(
        send === 'oneway'
          ? { value: 'inconclusive', reasons: ['none of 6000 attempted messages was acknowledged'] }
          : { value: 'pass', reasons: [expect.any(String)] },
      );
      const { lost, rolledBack, skipped, phantom, contradicted, unseen, attempted } = record.counts;
      expect({ lost, rolledBack, skipped, phantom, contradicted, unseen, attempted }).toEqual({
        ...{ lost: 0, rolledBack: 0, skipped: 0, phantom: 0, contradicted: 0, unseen: 0 },
        attempted: 6000,
      });
    },
    120_000,
  );
});

async function killProducer({ workload }: TestRun, log: WatchedLog, random: RandomStream): Promise<{ kills: number }> {
  const producer = workload.producers[0] as RunWorker;
  let kills = 0;
  while (kills < producerKills) {
    await delay(random.range(20, 200));
    if (!(await strikeAt(log, 'batch', producer, random))) break;
    kills += 1;
    await producer.controls.start?.();
  }
  return { kills };
}

/** `unrecorded`: partition and position of what was committed although no journal has it as received. */
async function killConsumer(
  run: TestRun,
  log: WatchedLog,
  random: RandomStream,
): Promise<{ kills: number; unrecorded: string[] }> {
  const { workload, context, cluster } = run;
  const consumer = workload.consumers[0] as RunWorker;
  const group = context.groups[0] as string;
  const unrecorded: string[] = [];
  let kills = 0;
  while (kills < consumerKills) {
    await delay(random.range(0, 50));
    if (!(await strikeAt(log, 'offsets', consumer, random))) break;
    kills += 1;
    const committed = await committedOffsets(cluster.bootstrap, group, context.channel.name);
    const received = await receivedPositions(run.journals);
    for (const { partition, offset } of committed) {
      for (let position = 0; position < offset; position += 1) {
        if (received.get(partition)?.has(position) !== true) unrecorded.push(`${partition}/${position}`);
      }
    }
    await consumer.controls.start?.();
  }
  return { kills, unrecorded };
}

/** For soaks: a line of evidence a seed. */
function note(evidence: object): void {
  if (notes !== undefined) appendFileSync(notes, `${JSON.stringify(evidence)}\n`);
}

/** Kills in the turn in which the log was seen to grow, or up to 2 ms later: before, on and after the answer's way. */
async function strikeAt(
  log: WatchedLog,
  kind: 'batch' | 'offsets',
  worker: RunWorker,
  random: RandomStream,
): Promise<boolean> {
  const delayMs = random.pick([0, 0, random.float() * 0.3, random.float() * 2]);
  let killed: Promise<unknown> = Promise.resolve();
  const struck = await log.atNext(kind, strikeBoundMs, () => {
    const at = performance.now() + delayMs;
    while (performance.now() < at);
    // the signal is sent before this returns; what is awaited is its effect
    killed = worker.controls.kill?.() ?? killed;
  });
  await killed;
  return struck;
}
