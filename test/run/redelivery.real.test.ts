/**
 * Redelivery in real runs: the pair shows what its name says, a delay outlasts the consumer that waited for it, and kills
 * in the middle of a move leave every message in its store or in the dead letter topic.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertEffectSums } from '../../src/audit/counts.ts';
import type { Event } from '../../src/journal/event.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { noAbort, poll } from '../../src/wait.ts';
import { missing } from '../effects/support/worlds.ts';
import { Workspace } from '../support/tool.ts';
import { accusations, type CarriedOut, eventsOf, pass } from './support/carried-out.ts';

type Of<K extends Event['kind']> = Extract<Event, { kind: K }>;

/** What the consumers recorded, by the name of their journal. */
async function told({ journals }: CarriedOut): Promise<Map<string, Event[]>> {
  const consumers = [...journals].filter(([name]) => /^(c|drain)\d/.test(name));
  return new Map(await Promise.all(consumers.map(async ([name, path]) => [name, await eventsOf(path)] as const)));
}

describe('redelivery', () => {
  it('on, every message comes to its effect, and no delay is cut short; off, what failed is gone', async () => {
    using on = new Workspace();
    const run = await pass(on, 'redelivery');
    expect(accusations(run)).toEqual({});
    const { counts } = run.record;
    assertEffectSums(counts);
    expect(counts).toMatchObject({ processable: 3000, effectOnce: 3000, duplicateEffect: 0, deadLetterLost: 0 });
    expect(counts.redeliveries).toBeGreaterThan(600);
    await expectDelays(run, 200);
    using off = new Workspace();
    const gone = (await pass(off, 'redelivery-off')).record.counts;
    assertEffectSums(gone);
    expect(gone.unprocessed).toBeGreaterThan(450);
    expect(gone).toMatchObject({ effectOnce: 3000 - gone.unprocessed, lost: 0, redeliveries: 0, deadLetters: 0 });
  });

  it('dead-letter: poison is buried, and no kill around a move loses any', async () => {
    using workspace = new Workspace();
    const run = await pass(workspace, 'dead-letter');
    expect(accusations(run)).toEqual({});
    const { counts, faults } = run.record;
    assertEffectSums(counts);
    const killed = faults.flatMap(({ evidence }) => evidence).filter(({ killAt }) => killAt);
    expect(killed).toHaveLength(6);
    expect(counts.deadLetters).toBeGreaterThan(150);
    expect(counts.effectDead).toBe(counts.deadLetters);
    expect(counts.effectOnce + counts.effectDead).toBe(3500);
    const dead = await eventsOf(run.journals.get('dead-letters') as string);
    const buried = new Set(dead.flatMap((event) => (event.kind === 'dead' ? [`${event.producer}#${event.seq}`] : [])));
    expect(buried.size).toBe(counts.deadLetters);
  });

  it('without effects, the records tell what was dropped', async () => {
    using workspace = new Workspace();
    const sets = [
      'consumers.effect=',
      'consumers.idempotence=none',
      'expect.duplicate-effect=',
      'producers.messages=2500',
    ];
    const dropped = await pass(workspace, 'redelivery-off', sets);
    const { counts, findings } = dropped.record;
    // a consumer that is killed before it commits leaves what failed to the next one, where it fails again
    const failures = [...(await told(dropped)).values()].flat().filter((event) => event.kind === 'processingFailed');
    expect(counts.processingFailed).toBe(failures.length);
    expect(counts.unprocessed).toBe(new Set(failures.map(({ producer, seq }) => `${producer}#${seq}`)).size);
    expect(counts.unprocessed).toBeGreaterThan(330);
    expect(findings.find(({ class: name }) => name === 'unprocessed')?.undecided).toBeUndefined();
  });
});

describe('a drain', () => {
  it('whose consumer dies at its start waits no longer: inconclusive, and the record says why', async () => {
    using workspace = new Workspace();
    const sets = ['faults=[]', 'producers.messages=500', 'consumers.redelivery.delay=30s'];
    const options = ['--seed', '1', '--out', 'run', '--json', ...sets.flatMap((set) => ['--set', set])];
    const tool = workspace.start(['run', 'redelivery', ...options]);
    await tool.said('sending');
    process.kill(await pidOf('drain1.1', join(workspace.folder, 'run', 'journal', 'runner.journal')), 'SIGKILL');
    const { code, stdout, stderr } = await tool.end;
    expect(code, stderr).toBe(3);
    const { verdict, drain } = JSON.parse(stdout) as RunRecord;
    const why = /nobody consumes it any more: worker drain1\.1 ended with .*SIGKILL/;
    expect(drain.steps.find(({ step }) => step === 'drained')).toMatchObject({
      ok: false,
      proof: expect.stringMatching(why),
    });
    expect(verdict.reasons.join('\n')).toMatch(why);
  });
});

describe.skipIf(missing('redis') !== undefined)('a store that is away', () => {
  it('without patience, what was tried meanwhile is in the dead letter topic, and the record counts the tries', async () => {
    using workspace = new Workspace();
    const { counts, storeOutages } = (
      await pass(workspace, 'redelivery', [
        ...['consumers.effect={ store: redis, patience: 0ms }', 'consumers.idempotence=redis-id', 'consumers.failing='],
        ...['consumers.redelivery={ attempts: 1, delay: 100ms, deadLetter: true }', 'producers.messages=1000'],
        'faults=[{ at: 30%, do: kill, target: store, for: 1s }]',
      ])
    ).record;
    expect(counts.effectDead).toBeGreaterThan(0);
    expect(counts.effectOnce + counts.effectDead).toBe(1000);
    const tries = storeOutages?.map((outage) => outage.tries) ?? [];
    expect(tries.reduce((sum, each) => sum + each, 0)).toBe(counts.processingFailed);
  });
});

describe.skipIf(missing('redis') !== undefined)('a wrong form', () => {
  it('redis-id-expiring: doubles what is redelivered late; ids that stay do not', async () => {
    using wrong = new Workspace();
    expect((await pass(wrong, 'redis-id-expiring')).record.counts.duplicateEffect).toBeGreaterThan(0);
    using right = new Workspace();
    const sets = ['consumers.form=', 'consumers.expire=', 'expect.harm=', 'expect.duplicate-effect=0'];
    const { counts } = (await pass(right, 'redis-id-expiring', sets)).record;
    expect(counts).toMatchObject({ processable: 3000, effectOnce: 3000 });
  });

  it('redis-set-stale: an older message stands over a newer one; newest-wins looks first', async () => {
    using wrong = new Workspace();
    expect((await pass(wrong, 'redis-set-stale')).record.counts.staleOverwrite).toBeGreaterThan(0);
    using right = new Workspace();
    const sets = ['consumers.form=newest-wins', 'expect.harm=', 'expect.stale-overwrite=0'];
    expect((await pass(right, 'redis-set-stale', sets)).record.counts.staleOverwrite).toBe(0);
  });
});

/** Of a worker that is about to start. */
async function pidOf(name: string, journal: string): Promise<number> {
  const started = async (): Promise<number | undefined> => {
    const events = await eventsOf(journal);
    const found = events.find((event) => event.kind === 'worker' && event.detail.name === name);
    return found?.kind === 'worker' ? found.detail.pid : undefined;
  };
  const pid = await poll(started, { everyMs: 20, boundMs: 60_000, signal: noAbort });
  if (pid === undefined) throw new Error(`${name} was not started`);
  return pid;
}

/** No try after the first came sooner than the delay after the one before it failed, whoever waited meanwhile. */
async function expectDelays(run: CarriedOut, delayMs: number): Promise<void> {
  const all = await told(run);
  const failures = new Map<string, { readonly atNs: number; readonly by: string }>();
  const tryOf = ({ producer, seq, attempt }: Of<'processingFailed'> | Of<'received'>, less = 0): string =>
    `${producer}#${seq}/${attempt - less}`;
  for (const [by, events] of all) {
    for (const event of events) {
      if (event.kind !== 'processingFailed') continue;
      const before = failures.get(tryOf(event));
      if (before === undefined || event.atNs < before.atNs) failures.set(tryOf(event), { atNs: event.atNs, by });
    }
  }
  let elsewhere = 0;
  for (const [by, events] of all) {
    for (const event of events) {
      if (event.kind !== 'received' || event.attempt === 1) continue;
      const failed = failures.get(tryOf(event, 1));
      expect(failed, tryOf(event)).toBeDefined();
      expect((event.atNs - (failed?.atNs ?? 0)) / 1e6).toBeGreaterThanOrEqual(delayMs - 1); // two processes, two clocks
      if (failed?.by !== by) elsewhere += 1;
    }
  }
  expect(elsewhere).toBeGreaterThan(0);
}
