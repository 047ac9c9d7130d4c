/** The loops only save time: what they take is what the JavaScript behind them would have said. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { auditRun } from '../../src/audit/audit.ts';
import type { Event } from '../../src/journal/event.ts';
import { Loop } from '../../src/loops/loop.ts';
import { generate, Random } from './support/generate.ts';
import { type Model, writeModel } from './support/model.ts';

const runs = Math.ceil(Number(process.env.MQCHAOS_HISTORIES ?? 1000) / 5);

async function judge(model: Model) {
  using folder = writeModel(model);
  return await auditRun({ journals: folder.journals(), expectation: { limits: {} } });
}

const { run } = Loop.prototype;
let passedOver = 0;

/** The loop over whole records goes on: there is nothing else that looks at them. */
async function judgeWithoutLoops(model: Model) {
  const spy = vi.spyOn(Loop.prototype, 'run').mockImplementation(function (this: Loop, from, end) {
    if (this.has('checkSeed')) return run.call(this, from, end);
    passedOver += 1;
    return from;
  });
  try {
    return await judge(model);
  } finally {
    spy.mockRestore();
  }
}

/** Faults, times beyond what buckets begin with, and partitions that the header does not know: what loops keep apart. */
function stretched(model: Model, seed: number): Model {
  const random = new Random(seed ^ 0x100b5);
  const factor = random.pick([1, 1, 40, 5000]);
  const later = (events: readonly Event[]): Event[] => events.map((event) => ({ ...event, atNs: event.atNs * factor }));
  const lastNs = Math.max(1, ...model.journals.flatMap(({ events }) => events.map(({ atNs }) => atNs)));
  const faults = ['f1', 'f2'].flatMap((id, fault) => {
    const atNs = Math.floor(lastNs * random.next());
    const detail = { id, do: 'kill', targets: ['b1'] };
    return [
      { kind: 'fault', step: 'injecting', fault, detail, atNs },
      { kind: 'fault', step: 'injected', fault, detail, atNs: atNs + 1 },
      { kind: 'fault', step: 'healed', fault, detail, atNs: Math.floor(atNs + (lastNs - atNs) * random.next()) },
    ] satisfies Event[];
  });
  return {
    ...model,
    partitions: random.chance(0.7) ? model.partitions : Math.max(1, model.partitions - 1),
    journals: model.journals.map((journal) => ({ ...journal, events: later(journal.events) })),
    runner: later([...model.runner, ...faults].sort((a, b) => a.atNs - b.atNs)),
  };
}

test('counts, findings, latency, faults and their recovery are the same without loops', async () => {
  let recovered = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
      const model = stretched(generate(seed), seed);
      const audit = await judge(model);
      expect(await judgeWithoutLoops(model)).toEqual(audit);
      if (audit.faults.some(({ recoveryMs }) => recoveryMs !== undefined)) recovered += 1;
    }),
    { numRuns: runs, seed: 20260102 },
  );
  expect(recovered).toBeGreaterThan(0);
  expect(passedOver).toBeGreaterThan(runs); // or both audits were by the loops
}, 240_000);
