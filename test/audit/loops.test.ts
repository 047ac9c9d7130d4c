/** The loops only save time: what they take is what the JavaScript behind them would have said. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { auditRun } from '../../src/audit/audit.ts';
import { Notes } from '../../src/audit/structures/notes.ts';
import { AckTimes } from '../../src/audit/windows/outages.ts';
import { exitCodes, ToolError } from '../../src/errors.ts';
import { deliveryFlags, type Event } from '../../src/journal/event.ts';
import { Loop } from '../../src/loops/loop.ts';
import { Loops, takeLoops } from '../../src/loops/loops.ts';
import { generate, Random } from './support/generate.ts';
import { type Model, writeModel } from './support/model.ts';

const runs = Math.ceil(Number(process.env.MQCHAOS_HISTORIES ?? 1000) / 5);

async function judge(model: Model) {
  using folder = writeModel(model);
  const lines: Buffer[] = [];
  const onLines = (bytes: Uint8Array): unknown => lines.push(Buffer.from(bytes));
  const audit = await auditRun({ journals: folder.journals(), expectation: { limits: {} }, onLines });
  expect(audit.verdict.reasons.filter((reason) => reason.includes('crashed'))).toEqual([]);
  return { audit, lines: Buffer.concat(lines).toString() };
}

const { run, call } = Loop.prototype;
const { eachGap } = AckTimes.prototype;
const written = { befallen: 0, notes: 0 };
let passedOver = 0;

/** Counts the lines that a loop wrote. */
async function judgeWithLoops(model: Model) {
  const calls = vi.spyOn(Loop.prototype, 'call').mockImplementation(function (this: Loop, from, end) {
    const at = call.call(this, from, end);
    if (this.has('pieceAt')) written[this.has('entries') ? 'befallen' : 'notes'] += at - from;
    return at;
  });
  try {
    return await judge(model);
  } finally {
    calls.mockRestore();
  }
}

/** Without any loop but the one over whole records, which nothing else looks at; and with a visit to every gap. */
async function judgeWithoutLoops(model: Model) {
  const spy = vi.spyOn(Loop.prototype, 'run').mockImplementation(function (this: Loop, from, end) {
    if (this.has('checkSeed')) return run.call(this, from, end);
    passedOver += 1;
    return from;
  });
  const calls = vi.spyOn(Loop.prototype, 'call').mockImplementation((from) => {
    passedOver += 1;
    return from;
  });
  const gaps = vi.spyOn(AckTimes.prototype, 'eachGap').mockImplementation(function (this: AckTimes, visit) {
    eachGap.call(this, visit);
  });
  try {
    return await judge(model);
  } finally {
    spy.mockRestore();
    calls.mockRestore();
    gaps.mockRestore();
  }
}

/** Some receipts come once more: so many that most of their lines are no examples. */
function repeated(events: readonly Event[], random: Random): Event[] {
  return events.flatMap((event, at) => {
    const earlier = events[random.below(at + 1)];
    if (earlier?.kind !== 'received' || !random.chance(0.3)) return [event];
    const flags = random.pick([earlier.flags, earlier.flags, earlier.flags | deliveryFlags.redelivered]);
    return [event, { ...earlier, flags, atNs: event.atNs }];
  });
}

/** Repeats, faults, times beyond what buckets begin with, and partitions that the header does not know: what loops keep apart. */
function stretched(model: Model, seed: number): Model {
  const random = new Random(seed ^ 0x100b5);
  const factor = random.pick([1, 1, 40, 5000]);
  const later = (events: readonly Event[]): Event[] => events.map((event) => ({ ...event, atNs: event.atNs * factor }));
  const lastNs = Math.max(1, ...model.journals.flatMap(({ events }) => events.map(({ atNs }) => atNs)));
  const faults = Array.from({ length: random.pick([2, 3, 12]) }).flatMap((_, fault) => {
    const id = `f${fault + 1}`;
    const atNs = Math.floor(lastNs * random.next());
    const detail = { id, do: 'kill', targets: ['b1'] };
    return [
      { kind: 'fault', step: 'injecting', fault, detail, atNs },
      { kind: 'fault', step: 'injected', fault, detail, atNs: atNs + 1 },
      { kind: 'fault', step: 'healed', fault, detail, atNs: Math.floor(atNs + (lastNs - atNs) * random.next()) },
    ] satisfies Event[];
  });
  const often = random.chance(0.5);
  return {
    ...model,
    partitions: random.chance(0.7) ? model.partitions : Math.max(1, model.partitions - 1),
    journals: model.journals.map((journal) => {
      const events = later(journal.events);
      return { ...journal, events: often && journal.role === 'consumer' ? repeated(events, random) : events };
    }),
    runner: later([...model.runner, ...faults].sort((a, b) => a.atNs - b.atNs)),
  };
}

test('counts, findings, latency, faults and their recovery are the same without loops', async () => {
  let recovered = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
      const model = stretched(generate(seed), seed);
      const judged = await judgeWithLoops(model);
      expect(await judgeWithoutLoops(model)).toEqual(judged);
      if (judged.audit.faults.some(({ recoveryMs }) => recoveryMs !== undefined)) recovered += 1;
    }),
    { numRuns: runs, seed: 20260102 },
  );
  expect(recovered).toBeGreaterThan(0);
  expect(Math.min(written.befallen, written.notes)).toBeGreaterThan(runs);
  expect(passedOver).toBeGreaterThan(runs); // or both audits were by the loops
}, 240_000);

test('the same where addresses are beyond 2 GiB', async () => {
  const { int32 } = Loops.prototype;
  let lines = 0;
  for (let seed = 0; seed < 20; seed += 1) {
    const model = stretched(generate(seed), seed);
    const judged = await judge(model);
    takeLoops()[Symbol.dispose](); // so that none are made now
    const spy = vi.spyOn(Loops.prototype, 'int32').mockImplementationOnce(function (this: Loops, length) {
      this.uint8(2 ** 31);
      return int32.call(this, length);
    });
    try {
      expect(await judge(model)).toEqual(judged);
      expect(spy).toHaveBeenCalled();
    } finally {
      spy.mockRestore();
    }
    lines += judged.lines.split('\n').length;
  }
  expect(lines).toBeGreaterThan(200);
}, 120_000);

test('memory that ends in a check, and lines that nobody can take, are no crash of a check', async () => {
  using folder = writeModel(generate(1));
  const request = { journals: folder.journals(), expectation: { limits: {} } };
  const full = new Error('ENOSPC: no space left on device, write');
  const onLines = (): void => {
    throw full;
  };
  await expect(auditRun({ ...request, onLines })).rejects.toBe(full);
  const none = new ToolError('there is no more', { code: 'history-too-large', exitCode: exitCodes.setup });
  const spy = vi.spyOn(Notes.prototype, 'rowsByProducer').mockImplementation(() => {
    throw none;
  });
  try {
    await expect(auditRun(request)).rejects.toBe(none);
  } finally {
    spy.mockRestore();
  }
});
