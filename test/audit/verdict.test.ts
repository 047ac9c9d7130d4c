/** The verdict's three values: every way into each. */
import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { auditRun } from '../../src/audit/audit.ts';
import type { Check } from '../../src/audit/checks/check.ts';
import { checks } from '../../src/audit/checks/registry.ts';
import { assertSums, newCounts } from '../../src/audit/counts.ts';
import { writeModel } from './support/model.ts';
import { Story } from './support/story.ts';

const limits = { lost: 0, 'rolled-back': 0, skipped: 0 } as const;
const clean = () => new Story().send(1, 0).receive(1, 0).fault('f1', 0.5, 6);
const lossy = () => clean().at(5.5).send(1, 1);
const planned = { plannedFaults: [{ id: 'f1' }] };

describe('pass', () => {
  test('acked, faults injected and healed, drained, nothing unexpected', async () => {
    const { verdict } = await clean().audit({ limits }, planned);
    expect(verdict).toEqual({
      value: 'pass',
      reasons: ['1 of 1 message acked, 1 fault injected and healed, nothing unexpected found'],
    });
  });
  test('what has no limit, or stays within it, is reported and allowed', async () => {
    const unlimited = await lossy().audit({ limits: {} });
    expect(unlimited.verdict.value).toBe('pass');
    const within = await lossy().audit({ limits: { lost: 1 } });
    expect(within.verdict.value).toBe('pass');
    expect(within.findings.find((each) => each.class === 'lost')).toMatchObject({ count: 1, allowed: true, limit: 1 });
  });
  test('a repetition that never came is no failure', async () => {
    const { verdict } = await clean().audit({ limits }, { plannedFaults: [{ id: 'f2.1', optional: true }] });
    expect(verdict.value).toBe('pass');
  });
  test('no faults planned, none fired', async () => {
    const { verdict } = await new Story().send(1, 0).receive(1, 0).audit({ limits });
    expect(verdict.reasons[0]).toMatch(/0 faults injected/);
    expect(verdict.value).toBe('pass');
  });
});

describe('fail, whatever else went wrong', () => {
  test('a class above its limit', async () => {
    const { verdict, findings } = await lossy().audit({ limits }, planned);
    expect(verdict).toEqual({ value: 'fail', reasons: ['1 message lost, expected at most 0'] });
    expect(findings.find((each) => each.class === 'lost')).toMatchObject({ count: 1, allowed: false });
  });
  test('with positive evidence and everything else missing; what is missing is said after it', async () => {
    const story = clean().store(1, 0).at(9).send(1, 1).at(20).read();
    story.drained = 'never';
    story.runnerClosed = false;
    const { verdict } = await story.audit(
      { limits },
      { plannedFaults: [{ id: 'f9' }], incidents: ['the limit ran out'] },
    );
    expect(verdict.value).toBe('fail');
    expect(verdict.reasons[0]).toBe('1 message lost, expected at most 0');
    expect(verdict.reasons).toContain('the limit ran out');
    expect(verdict.reasons).toContain('fault f9 never fired');
  });
  test('acks that stayed away longer than allowed', async () => {
    const story = () => clean().at(2).send(1, 1, ['unknown']).at(900).send(1, 2).receive(1, 2);
    const slow = await story().audit({ limits, recoveryMs: 898 });
    expect(slow.verdict).toEqual({
      value: 'fail',
      reasons: ['f1: 899 ms without an ack in partition 0, expected at most 898 ms'],
      bounds: { recoveryMs: 'missed' },
    });
    expect((await story().audit({ limits, recoveryMs: 899 })).verdict).toMatchObject({
      value: 'pass',
      bounds: { recoveryMs: 'kept' },
    });
  });
  test('sending that ended before acks came again: between the last attempt and the probe nobody knows', async () => {
    const story = () => clean().at(2).send(1, 1, ['unknown']).at(300).send(1, 2, ['unknown']).at(26_000);
    const within = async (recoveryMs: number) => (await story().audit({ limits, recoveryMs })).verdict;
    expect(await within(10_000)).toEqual({
      value: 'inconclusive',
      reasons: [
        'f1: sending ended before an ack came again in partition 0, so the gap is between 298 and 25998 ms, expected at most 10000 ms',
      ],
      bounds: { recoveryMs: 'open' },
    });
    expect((await within(25_998)).value).toBe('pass');
    expect((await within(297)).value).toBe('fail');
  });
  test('a producer that was dead asked nobody: no gap', async () => {
    const story = clean().at(2).send(1, 1, ['none']).end('p1', { closed: false });
    const { verdict, counts } = await story.at(8000).send(2, 0).receive(2, 0).audit({ limits, recoveryMs: 100 });
    expect(counts.unavailable).toBe(0);
    expect(verdict.value).toBe('pass');
  });
  test('too few acked', async () => {
    const story = () => clean().send(1, 1, ['rejected']).send(1, 2, ['rejected']);
    const { verdict } = await story().audit({ limits, ackedShare: 0.5 });
    expect(verdict).toEqual({
      value: 'fail',
      reasons: ['acked were 1 of 3 messages (33.33 %); at least 50 % required'],
      bounds: { ackedShare: 'missed' },
    });
    expect((await story().audit({ limits, ackedShare: 1 / 3 })).verdict).toMatchObject({
      value: 'pass',
      bounds: { ackedShare: 'kept' },
    });
  });
  test('acks of a journal that was cut are not judged', async () => {
    const story = clean().send(1, 1, ['rejected']).end('p1', { closed: false, noted: false });
    const { verdict } = await story.audit({ limits, ackedShare: 1, recoveryMs: 1 });
    expect(verdict).toMatchObject({ value: 'inconclusive', bounds: { ackedShare: 'open', recoveryMs: 'open' } });
    expect(verdict.reasons).toContain('a journal of a producer is not whole: ack share and recovery are not judged');
  });
});

describe('inconclusive', () => {
  const reasonsOf = async (story: Story, more: object = {}) => {
    const { verdict } = await story.audit({ limits }, more);
    expect(verdict.value).toBe('inconclusive');
    return verdict.reasons;
  };
  test('nothing attempted, nothing acked', async () => {
    expect(await reasonsOf(new Story())).toEqual(['none of 0 attempted messages was acknowledged']);
    const unacked = new Story().send(1, 0, ['unknown']).receive(1, 0);
    expect(await reasonsOf(unacked)).toEqual(['none of 1 attempted messages was acknowledged']);
  });
  test('a fault that never fired, was not confirmed, failed, or was not healed', async () => {
    expect(await reasonsOf(new Story().send(1, 0).receive(1, 0), planned)).toEqual(['fault f1 never fired']);
    expect(await reasonsOf(new Story().send(1, 0).receive(1, 0).fault('f1', 0.5), planned)).toEqual([
      'fault f1 was never healed',
    ]);
    const detail = { id: 'f1', do: 'kill', targets: ['b1'] };
    const partly = { ...detail, id: 'f2', missing: ['p1'] };
    const missed = clean();
    for (const step of ['injecting', 'injected', 'healed'] as const) {
      missed.at(0.5).run({ kind: 'fault', step, fault: 2, detail: partly });
    }
    expect(await reasonsOf(missed)).toEqual(['fault f2 did not reach p1']);
    const begun = new Story().send(1, 0).receive(1, 0).run({ kind: 'fault', step: 'injecting', fault: 1, detail });
    expect(await reasonsOf(begun)).toEqual(['fault f1 was begun, but never confirmed as injected']);
    const failed = clean().run({ kind: 'fault', step: 'failed', fault: 1, detail: { ...detail, error: 'no pid' } });
    expect(await reasonsOf(failed)).toEqual(['fault f1 failed: no pid']);
  });
  test('a fault that met no traffic; one that kills its traffic met it before', async () => {
    const met = (...fault: [string, number, number, string?]) =>
      new Story()
        .send(1, 0)
        .at(2)
        .fault(...fault);
    const idle = ['fault f1 met no traffic'];
    expect(await reasonsOf(met('f1', 5, 6).at(7).send(1, 1).receive(1, 0).receive(1, 1))).toEqual(idle);
    expect(await reasonsOf(met('f1', 5, 6, 'c1').at(7).receive(1, 0))).toEqual(idle);
    for (const story of [
      met('f1', 5, 6, 'c1').at(5.5).receive(1, 0),
      met('f1', 5, 6, 'p1').at(7).receive(1, 0),
      met('f1', 0.2, 0.8).at(7).receive(1, 0), // in flight all the time
    ]) {
      expect((await story.audit({ limits })).verdict.value).toBe('pass');
    }
    expect(await reasonsOf(met('f1', 1500, 1600, 'p1').at(1700).receive(1, 0))).toEqual(idle);
  });
  test('positions that retention took before the log was read: unseen, not lost', async () => {
    const aged = clean().store(1, 5, { position: 60 });
    for (let seq = 1; seq < 6; seq += 1) aged.at(seq).send(1, seq, ['acked'], { position: seq + 44 });
    const { counts, verdict } = await aged.receive(1, 5, { position: 60 }).at(50).read(0, 47).audit({ limits });
    expect(counts).toMatchObject({ lost: 2, lostProved: 2, unseen: 2, aged: 2 });
    expect(verdict.reasons).toContain('the log no longer held the positions of 2 acked messages when it was read');
  });
  test('a drain that was never asked for, failed, or missed a step', async () => {
    const never = clean();
    never.drained = 'never';
    expect(await reasonsOf(never)).toEqual(['the drain of group g is not proven: it was never asked for']);
    const failed = clean();
    failed.drained = false;
    expect(await reasonsOf(failed)).toEqual(['the drain of group g is not proven: messages are left']);
    const only = clean().run({ kind: 'drain', step: 'drained', ok: true, detail: { group: 0 } });
    only.drained = 'never';
    expect(await reasonsOf(only)).toEqual(["the drain of group g is not proven: the step 'settled' is not recorded"]);
    for (const ok of [true, false]) {
      const model = clean().model();
      const late = {
        ...model,
        runner: [...model.runner, { kind: 'drain', step: 'renewed', ok, detail: {}, atNs: 9e9 } as const],
      };
      using folder = writeModel(late);
      const { verdict } = await auditRun({ journals: folder.journals(), expectation: { limits } });
      expect(verdict.reasons[0]).toMatch(ok ? /'renewed' came after it/ : /'renewed' failed/);
    }
    const dead = clean().run({ kind: 'drain', step: 'dead-letters', ok: false, detail: { proof: '3 left' } });
    expect(await reasonsOf(dead)).toEqual([
      "the drain of group g is not proven: the step 'dead-letters' failed: 3 left",
    ]);
  });
  test('a journal cut, missing or torn; the runner unclosed', async () => {
    const cut = clean().end('c1', { closed: false, noted: false });
    expect(await reasonsOf(cut)).toEqual([
      'c1.journal: ends without its closing mark, and the runner did not note how long it was',
    ]);
    const unclosed = clean();
    unclosed.runnerClosed = false;
    expect((await reasonsOf(unclosed))[0]).toMatch(/runner.journal: the journal of the runner was not closed/);
    for (const [file, reason] of [
      ['c1', 'c1.journal: the journal of c1 is missing'],
      ['runner', 'the journal of the runner is missing'],
    ] as const) {
      using folder = writeModel(clean().model());
      rmSync(`${folder.path}/${file}.journal`);
      const { verdict } = await auditRun({ journals: folder.journals(), expectation: { limits } });
      expect(verdict.value).toBe('inconclusive');
      expect(verdict.reasons).toContain(reason);
    }
  });
  test('killed and whole is no gap', async () => {
    const { verdict } = await clean().end('p1', { closed: false }).end('c1', { closed: false }).audit({ limits });
    expect(verdict.value).toBe('pass');
  });
  test('partitions that were not read to their end', async () => {
    const story = clean().store(1, 0).read(0, 0, false);
    expect(await reasonsOf(story)).toEqual(['not read to the end: 1 of 1 partition, partition 0 first']);
  });
  test('nobody who could have witnessed a message', async () => {
    const story = new Story().send(1, 0);
    story.groups = [];
    expect((await reasonsOf(story))[0]).toMatch(/nothing could witness/);
  });
  test('receipts of a group that no header knows', async () => {
    expect(await reasonsOf(clean().receive(1, 0, { group: 7 }))).toEqual([
      "1 receipt of consumer groups that no journal's header knows",
    ]);
  });
  test('what the caller knows: the limit ran out', async () => {
    expect(await reasonsOf(clean(), { incidents: ['the limit of 5 min ran out'] })).toEqual([
      'the limit of 5 min ran out',
    ]);
  });
  test('a limit on a class that nobody checks, or that must be decided and is not', async () => {
    const { verdict } = await clean().audit({ limits: { 'duplicate-effect': 0 } });
    expect(verdict).toEqual({
      value: 'inconclusive',
      reasons: ['duplicate-effect cannot be decided: processing had no effect, or its store was not read'],
    });
    const named = await clean().audit({ limits }, { mustDecide: ['rolled-back'] });
    expect(named.verdict.reasons).toEqual(['rolled-back cannot be decided: the log was not read to its end']);
    const seen = await clean()
      .store(1, 0)
      .read()
      .audit({ limits }, { mustDecide: ['rolled-back'] });
    expect(seen.verdict.value).toBe('pass');
  });
  test('a limit on unseen or pending fails nothing: they say what is not known', async () => {
    const story = lossy();
    story.drained = false;
    const { verdict } = await story.audit({ limits: { unseen: 0, pending: 0 } });
    expect(verdict.value).toBe('inconclusive');
  });
});

test('a check that crashes is named, costs only its own answer, and no pass', async () => {
  const broken: Check = {
    name: 'broken',
    decides: ['over-retried'],
    run: () => {
      throw new Error('oops');
    },
  };
  const { verdict, findings } = await clean().audit({ limits }, { checks: [broken, ...checks] });
  expect(verdict).toEqual({ value: 'inconclusive', reasons: ["the check 'broken' crashed: oops"] });
  expect(findings.find((each) => each.class === 'over-retried')?.undecided).toBe('its check crashed');
  const still = await lossy().audit({ limits }, { checks: [broken, ...checks] });
  expect(still.verdict.value).toBe('fail');
});

describe('harm', () => {
  const harm = { limits: { phantom: 0 }, harm: ['lost'] } as const;
  test('shown: pass, and so do the harms that follow from it', async () => {
    const shown = await lossy().audit(harm);
    expect(shown.verdict.value).toBe('pass');
    expect(shown.verdict.reasons[0]).toMatch(/the harm was shown: 1 message lost/);
    expect(shown.findings.find((each) => each.class === 'lost')?.allowed).toBe(true);
    const cut = clean().store(1, 0).at(5.5).send(1, 1).send(1, 2).receive(1, 2).at(20).read();
    const both = await cut.audit(harm);
    expect(both.counts).toMatchObject({ lost: 1, rolledBack: 1 });
    expect(both.verdict.value).toBe('pass');
    const limited = await lossy().audit({ limits: { skipped: 0, lost: 0 }, harm: ['lost'] });
    expect(limited.verdict.value).toBe('fail'); // what is lifted, the plan has lifted
  });
  test('shown by a fault: not by what came long after all, nor without any', async () => {
    const late = await clean().at(7).send(1, 1).audit(harm);
    expect(late.verdict).toEqual({
      value: 'inconclusive',
      reasons: ['1 message lost, but no finding of it is attributed to a fault'],
    });
    const without = await new Story().send(1, 0).audit(harm);
    expect(without.verdict).toEqual({
      value: 'inconclusive',
      reasons: ['no fault was planned to show the harm: 1 message lost'],
    });
  });
  test('of two, one of them shown: nothing was acked that the other could rest on', async () => {
    const silent = new Story().fault('f1', 5, 6).at(5.5).send(1, 0, ['sent']);
    const shown = await silent.audit({ limits: {}, harm: ['undelivered-silent'] });
    expect(shown.verdict.value).toBe('pass');
    const both = await silent.audit({ limits: {}, harm: ['undelivered-silent', 'lost'] });
    expect(both.verdict.value).not.toBe('pass');
    expect(both.verdict.reasons.join('; ')).toContain('none of 1 attempted messages was acknowledged');
  });
  test('not shown: the fault was too weak; unless nobody knows', async () => {
    const hidden = await clean().audit(harm);
    expect(hidden.verdict.value).toBe('fail');
    expect(hidden.verdict.reasons[0]).toMatch(/0 messages lost, though .* fault too weak/);
    expect(hidden.verdict.tooWeak).toEqual(['lost']);
    const unknown = await clean().audit(harm, { plannedFaults: [{ id: 'f2' }] });
    expect(unknown.verdict.value).toBe('inconclusive');
    expect(unknown.verdict).not.toHaveProperty('tooWeak');
  });
  test('another class above its limit fails as ever', async () => {
    const story = lossy().receive(1, 9);
    const { verdict } = await story.audit({ limits: { phantom: 0 }, harm: ['lost'] });
    expect(verdict).toMatchObject({ value: 'fail', reasons: ['1 message phantom, expected at most 0'] });
  });
  test('of a class that nobody checks is never shown and never refuted', async () => {
    const { verdict } = await clean().audit({ limits, harm: ['stale-overwrite'] });
    expect(verdict.value).toBe('inconclusive');
  });
});

test('a oneway run rests on the harm that it shows, not on acks; no harm named is none shown', async () => {
  const oneway = () => new Story().send(1, 0, ['sent']).fault('f1', 0.5, 6);
  expect((await oneway().audit({ limits: {}, harm: ['undelivered'] })).verdict.value).toBe('pass');
  expect((await oneway().audit({ limits: {}, harm: ['undelivered-silent'] })).verdict.value).toBe('pass');
  expect((await oneway().audit({ limits: {}, harm: [] })).verdict.value).toBe('inconclusive');
  expect((await oneway().audit({ limits: {} })).verdict.value).toBe('inconclusive');
});

test('of what was not delivered the silent part has a limit of its own', async () => {
  const limits = { 'undelivered-silent': 0 };
  const story = (outcome: 'rejected' | 'sent') => new Story().send(1, 0, [outcome]).send(1, 1).receive(1, 1);
  expect((await story('rejected').audit({ limits })).verdict.value).toBe('pass');
  expect((await story('sent').audit({ limits })).verdict).toMatchObject({
    value: 'fail',
    reasons: ['1 message undelivered-silent, expected at most 0'],
  });
});

test('no journals is a usage error', async () => {
  await expect(auditRun({ journals: [], expectation: { limits } })).rejects.toThrow(/no journals/);
});

test('journals that do not belong together are named and left out', async () => {
  using folder = writeModel(clean().model());
  const other = folder.open('producer', 'p1-again', 1);
  other.close();
  const { verdict, counts } = await auditRun({ journals: folder.journals(), expectation: { limits } });
  expect(verdict.reasons).toContain('p1.journal: a second journal of producer 1');
  expect(verdict.value).toBe('inconclusive');
  expect(counts.attempted).toBe(0);
});

test('counts that do not add up are a bug of ours', () => {
  const counts = { ...newCounts(), attempted: 3, acked: 2, rejected: 1, ackedDelivered: 2, contradicted: 1 };
  expect(() => assertSums(counts)).not.toThrow();
  for (const key of ['attempted', 'ackedDelivered', 'pending', 'undeliveredTold'] as const) {
    expect(() => assertSums({ ...counts, [key]: counts[key] + 1 })).toThrow(/do not add up/);
  }
});
