/** The bins of time: each as the events have it, and all of them together as the counts have it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { auditRun, type Timeline } from '../../src/audit/audit.ts';
import { Histogram } from '../../src/audit/structures/histogram.ts';
import { mostBins, TimeBins } from '../../src/audit/structures/time-bins.ts';
import type { Event } from '../../src/journal/event.ts';
import { generate } from './support/generate.ts';
import { type Model, writeModel } from './support/model.ts';
import { Story } from './support/story.ts';

const runs = Math.ceil(Number(process.env.MQCHAOS_HISTORIES ?? 1000) / 5);

/** Events are a second apart, or an hour: bins have to widen for some. */
function stretched(model: Model, factor: number): Model {
  const slower = (event: Event): Event => ({ ...event, atNs: event.atNs * factor });
  const journals = model.journals.map((journal) => ({ ...journal, events: journal.events.map(slower) }));
  return { ...model, journals, runner: model.runner.map(slower) };
}

/** What the events say, without any bin structure: `name@bin` and how often. */
function truthOf(model: Model, widthNs: number): Map<string, number> {
  const truth = new Map<string, number>();
  const count = (name: string, atNs: number): void => {
    const key = `${name}@${Math.floor(atNs / widthNs)}`;
    truth.set(key, (truth.get(key) ?? 0) + 1);
  };
  const acked = new Set<string>();
  for (const { role, events } of model.journals) {
    for (const event of events) {
      if (role === 'consumer' && event.kind === 'received') count('received', event.atNs);
      if (role !== 'producer') continue;
      if (event.kind === 'intended') count('begun', event.atNs);
      if (event.kind !== 'outcome') continue;
      if (event.outcome !== 'acked') count(event.outcome, event.atNs);
      else if (!acked.has(`${event.producer}#${event.seq}`)) count('acked', event.atNs);
      if (event.outcome === 'acked') acked.add(`${event.producer}#${event.seq}`);
    }
  }
  return truth;
}

function binsOf({ messages, attempts, deliveries }: Timeline): Map<string, number> {
  const { begun, degraded, rejected, unknown, sent } = attempts;
  const columns = { acked: messages.acked, received: deliveries.received, begun, degraded, rejected, unknown, sent };
  return new Map(
    Object.entries(columns).flatMap(([name, values]) =>
      values.flatMap((value, bin) => (value === 0 ? [] : [[`${name}@${bin}`, value] as const])),
    ),
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('each bin has what the events have, and the sums are the counts', async () => {
  let widened = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), fc.constantFrom(1, 40, 5000), async (seed, factor) => {
      const model = stretched(generate(seed), factor);
      using folder = writeModel(model);
      const { timeline, counts } = await auditRun({ journals: folder.journals(), expectation: { limits: {} } });
      const { widthNs, bins, messages, attempts, deliveries } = timeline;
      if (widthNs > 2 ** 24) widened += 1;
      expect(bins).toBeLessThanOrEqual(mostBins);
      expect(binsOf(timeline)).toEqual(truthOf(model, widthNs));
      expect(sum(messages.acked)).toBe(counts.acked);
      expect(sum(messages.unknown)).toBe(counts.unknown);
      expect(sum(attempts.begun)).toBe(counts.attempts);
      expect(sum(deliveries.received)).toBe(counts.deliveries);
      expect(sum(deliveries.extra)).toBe(counts.extraDeliveries);
      expect(Math.min(...attempts.inFlight)).toBeGreaterThanOrEqual(0);
      expect(attempts.inFlight.at(-1)).toBe(0);
    }),
    { numRuns: runs, seed: Number(process.env.MQCHAOS_SEED ?? 20260101) },
  );
  expect(widened).toBeGreaterThan(runs / 10);
});

test('bins that widen keep their sums, and latencies stay within their precision', () => {
  const bins = new TimeBins(1, true, mostBins);
  const all = new Histogram();
  for (let atNs = 0; atNs < 10 * mostBins; atNs += 1) {
    if (atNs >= bins.endNs) bins.cover(bins.endNs * 2);
    bins.count(0, atNs);
    bins.latency(atNs, 1000 + (atNs % 1000));
    all.add(1000 + (atNs % 1000));
  }
  expect(bins.widthNs).toBe(16);
  expect(sum(bins.column(0))).toBe(10 * mostBins);
  const [first] = bins.latencies(1, all);
  expect(first?.maxUs).toBeGreaterThan(1015 * 0.94);
  expect(first?.maxUs).toBeLessThan(1015 * 1.06);
});

test('nodes are told as the runner recorded them', async () => {
  const model = generate(7);
  const seen = (state: 'ready' | 'killed', atNs: number): Event => ({
    kind: 'node',
    node: 1,
    state,
    atNs,
    detail: { id: 'b1' },
  });
  using folder = writeModel({ ...model, runner: [...model.runner, seen('ready', 5), seen('killed', 9)] });
  const { timeline } = await auditRun({ journals: folder.journals(), expectation: { limits: {} } });
  expect(timeline.nodes).toEqual([
    {
      id: 'b1',
      states: [
        { state: 'ready', atNs: 5 },
        { state: 'killed', atNs: 9 },
      ],
    },
  ]);
});

test('an ack that its producer took back is in no bin', async () => {
  const story = new Story().send(1, 0).at(500).send(1, 1).disown(1, 0).at(900).send(1, 2);
  const { timeline, counts } = await story.audit();
  expect(counts).toMatchObject({ acked: 2, unknown: 1 });
  expect(sum(timeline?.messages.acked ?? [])).toBe(2);
  expect(sum(timeline?.messages.unknown ?? [])).toBe(1);
});
