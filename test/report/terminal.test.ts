import { describe, expect, it } from 'vitest';
import { newCounts } from '../../src/audit/counts.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { columnsFor } from '../../src/report/words/layout.ts';
import { audit, foreverAway, group, outage, planOf, recordWith, reordered } from './small-record.ts';

const same = (text: string): string => text;
const paint = { green: same, red: same, yellow: same, dim: same, bold: same };
const files = ['record.json', 'findings.ndjson'];

function shown(record: RunRecord, exitCode = 0): string {
  const text = renderTerminal(record, { paint, columns: 100, exitCode, written: { folder: 'runs/a b', files } });
  expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
  return `\n${text}\n`;
}

describe('the screen', () => {
  it('of a pass', () => {
    expect(shown(recordWith())).toMatchInlineSnapshot(`
      "
      ✓ PASS  quick  seed 7  (exit 0)

        Is anything lost when a broker is killed while messages are in flight?
        None of 99 acknowledged messages was lost: the group received all of them.
        - 99 of 100 messages acked, 1 fault injected and healed

        · duplicate-stored  12  one message at two positions of the log
                                12 messages, 14 extra deliveries
                                at-least-once: a retry for want of an answer may store it again
        · reordered          3  sent once, delivered after a later message of its producer and partition
                                no bound was set
                                p1.1#41, partition 2, position 1287, group g1, during f1 (likely)

        attempted  100 = acked 99 + degraded 0 + rejected 0 + unknown 1
        acked       99 = delivered 99 + lost 0 + skipped 0 + unseen 0
        not acked    1 = recovered 1
        8 retries, 2 retried messages delivered after later ones

        latency     p50     p99     max
        ack      5.1 ms  174 ms  252 ms

        f1  kill b2 · due 40% (1 message late) · injected at 7.64 s · healed after 2.79 s
            2819 ms without an ack in partition 5

        folder  runs/a b
        files   record.json findings.ndjson
        why     mqchaos explain 'runs/a b' p1.1:41
        again   mqchaos run --plan 'runs/a b/plan.json'
      "
    `);
  });

  it('of a store that was away, whoever caused it', () => {
    const text = shown(recordWith({ storeOutages: [outage, foreverAway] }));
    expect(text.slice(text.indexOf('\n  postgres'), text.indexOf('\n  folder'))).toMatchInlineSnapshot(`
      "
        postgres at db:5432 (\${PG_URL}) · away from 7.65 s for 2.31 s · seen by c1.1, c2.1
          2 calls without an answer · 41 connections not made · no try spent · during f1 (kill b2)
        postgres at db:5432 (\${PG_URL}) · away from 7.65 s and did not come back · seen by c1.1, c2.1
          1 call without an answer · 41 connections not made · 1 try spent · no fault of the plan
      "
    `);
    const { storeOutages: _, ...before } = recordWith();
    expect(shown(before)).toBe(shown(recordWith()));
  });

  it('of a fail', () => {
    const lost = { class: 'lost', proved: true, message: 'p1.1#7', group, fault: 'f1', otherFaults: ['f2'] } as const;
    const { otherFaults: _, ...alone } = lost;
    const early = { ...alone, when: 'after', settledAtNs: 2_337_000_000, confidence: 'possible' } as const;
    const record = recordWith({
      verdict: {
        value: 'fail',
        reasons: ['2 messages lost, expected at most 0', `the drain of ${group} is not proven`],
      },
      counts: { ...newCounts(), attempted: 10, acked: 10, attempts: 10, ackedDelivered: 8, lost: 2, lostProved: 2 },
      findings: [
        { class: 'lost', count: 2, allowed: false, limit: 0, examples: [lost, early] },
        { class: 'reordered', count: 1, allowed: true, examples: [reordered] },
      ],
      latency: {},
    });
    expect(shown(record, 1)).toMatchInlineSnapshot(`
      "
      ✗ FAIL  quick  seed 7  (exit 1)

        Is anything lost when a broker is killed while messages are in flight?
        Of 10 acknowledged messages: 2 lost.
        - 2 messages lost, expected at most 0
        - the drain of g1 is not proven

        ✗ lost       2  acknowledged, and no group ever received it: not expected
                        p1.1#7, group g1, proved by the log, f1, f2
                        p1.1#7, group g1, proved by the log, acked 5.30 s before f1
        · reordered  1  sent once, delivered after a later message of its producer and partition
                        no bound was set
                        p1.1#41, partition 2, position 1287, group g1, during f1 (likely)

        attempted  10 = acked 10 + degraded 0 + rejected 0 + unknown 0
        acked      10 = delivered 8 + lost 2 + skipped 0 + unseen 0

        f1  kill b2 · due 40% (1 message late) · injected at 7.64 s · healed after 2.79 s
            2819 ms without an ack in partition 5

        folder  runs/a b
        files   record.json findings.ndjson
        why     mqchaos explain 'runs/a b' p1.1:7
        again   mqchaos run --plan 'runs/a b/plan.json'
      "
    `);
  });

  it('of an interrupted run', () => {
    const record = recordWith({
      verdict: { value: 'inconclusive', reasons: ['the run was interrupted by SIGINT'] },
      counts: { ...newCounts(), attempted: 10, acked: 10, ackedDelivered: 7, unseen: 3 },
      findings: [{ class: 'unseen', count: 3, allowed: true, examples: [] }],
      faults: [{ ...audit.faults[0], injected: true, healed: false, healedNs: undefined } as never],
      latency: {},
    });
    expect(shown(record, 130)).toMatchInlineSnapshot(`
      "
      ? INCONCLUSIVE  quick  seed 7  (exit 130)

        Is anything lost when a broker is killed while messages are in flight?
        Not answered: evidence is missing. What there is: of 10 acknowledged messages: 3 not received so
        far, which is no proof of a loss.
        - the run was interrupted by SIGINT

        · unseen  3  acknowledged, not received by every group, and the drain is not proven
                     no proof of a loss, so it is not called one

        attempted  10 = acked 10 + degraded 0 + rejected 0 + unknown 0
        acked      10 = delivered 7 + lost 0 + skipped 0 + unseen 3

        f1  kill b2 · due 40% (1 message late) · injected at 7.64 s · not healed
            2819 ms without an ack in partition 5

        folder  runs/a b
        files   record.json findings.ndjson
        again   mqchaos run --plan 'runs/a b/plan.json'
      "
    `);
  });
});

describe('in a narrow or a wide terminal', () => {
  const at = (columns: number): string =>
    renderTerminal(recordWith(), {
      paint,
      columns,
      exitCode: 0,
      written: { folder: 'runs/a b', files: [...files, 'junit.xml', 'report.md'] },
    });

  it('of 60 columns', () => {
    expect(`\n${at(60)}\n`).toMatchInlineSnapshot(`
      "
      ✓ PASS  quick  seed 7  (exit 0)

        Is anything lost when a broker is killed while messages
        are in flight?
        None of 99 acknowledged messages was lost: the group
        received all of them.
        - 99 of 100 messages acked, 1 fault injected and healed

        · duplicate-stored  12  one message at two positions of
                                the log
                                12 messages, 14 extra deliveries
                                at-least-once: a retry for want of
                                an answer may store it again
        · reordered          3  sent once, delivered after a later
                                message of its producer and
                                partition
                                no bound was set
                                p1.1#41, partition 2, position
                                1287, group g1, during f1 (likely)

        attempted  100 = acked 99 + degraded 0 + rejected 0 +
                       unknown 1
        acked       99 = delivered 99 + lost 0 + skipped 0 +
                       unseen 0
        not acked    1 = recovered 1
        8 retries, 2 retried messages delivered after later ones

        latency     p50     p99     max
        ack      5.1 ms  174 ms  252 ms

        f1  kill b2 · due 40% (1 message late) · injected at
            7.64 s · healed after 2.79 s
            2819 ms without an ack in partition 5

        folder  runs/a b
        files   record.json findings.ndjson junit.xml report.md
        why     mqchaos explain 'runs/a b' p1.1:41
        again   mqchaos run --plan 'runs/a b/plan.json'
      "
    `);
  });

  it.each([60, 80, 120])('fits into %i columns, but for what is to be pasted, and says the same', (columns) => {
    const text = at(columns);
    const long = text.split('\n').filter((line) => line.length > columns && !/^ {2}(again|folder|why)/.test(line));
    expect(long).toEqual([]);
    const words = (of: string): string[] => of.split(/\s+/);
    expect(words(text)).toEqual(words(at(100)));
  });

  it('is as wide as the terminal, within reason', () => {
    expect([undefined, 20, 60, 80, 120, 200].map((columns) => columnsFor(columns))).toEqual([
      100, 60, 60, 80, 120, 120,
    ]);
  });
});

it('says of a deed that took its time from when to when', () => {
  const [usual] = audit.faults;
  const slow = { ...usual, injectingNs: 7_240_000_000, injectedNs: 7_640_000_000 } as (typeof audit.faults)[number];
  expect(shown(recordWith({ faults: [slow] }))).toContain('injected from 7.24 s to 7.64 s');
});

it('hands no control character of a name to the terminal', () => {
  const examples = [{ class: 'phantom' as const, message: '\u001b[2Jx\ny' }];
  const findings = [{ class: 'phantom' as const, count: 1, allowed: false, limit: 0, examples }];
  expect(shown(recordWith({ findings }))).toContain('\uFFFD[2Jx y');
});

describe('the answer', () => {
  const answer = (...of: Parameters<typeof recordWith>): string => shown(recordWith(...of)).split('\n')[4] ?? '';
  const verdict = (value: 'pass' | 'fail' | 'inconclusive') => ({ value, reasons: [] });
  const harm = planOf({ limits: {}, harm: ['undelivered'] });
  const counts = (changes: Partial<typeof audit.counts>) => ({ ...newCounts(), ...changes });

  it('is never a bare yes or no', () => {
    expect(answer()).toBe('  None of 99 acknowledged messages was lost: the group received all of them.');
    expect(answer({ groups: [] })).toContain('lost: the log holds all of them.');
    expect(answer({ groups: ['a', 'b'] })).toContain('lost: each group received all of them.');
    expect(answer({ counts: counts({ acked: 1, ackedDelivered: 1 }) })).toContain(
      'The one acknowledged message was not',
    );
    expect(answer({ counts: counts({ acked: 0 }) })).toBe('  No message was acknowledged.');
  });

  it('tells what befell acknowledged messages, allowed or not', () => {
    const harmed = counts({ acked: 9, ackedDelivered: 5, lost: 2, rolledBack: 1, skipped: 1, unseen: 1 });
    expect(answer({ counts: harmed })).toBe(
      '  Of 9 acknowledged messages: 2 lost, 1 rolled back, 1 passed over by a group, 1 not received so',
    );
  });

  it('of a profile that is there to show a harm is the harm', () => {
    const findings = [{ class: 'undelivered', count: 12, allowed: true, examples: [] }] as const;
    expect(answer({ findings, counts: counts({ undelivered: 12, undeliveredSilent: 12 }) }, harm)).toBe(
      '  Shown: 12 messages undelivered.',
    );
    expect(answer({ verdict: verdict('fail'), findings: [] }, harm)).toBe('  Not shown: undelivered.');
  });

  it('of a fail without a finding says that the messages are not the reason', () => {
    expect(answer({ verdict: verdict('fail'), findings: [] })).toContain('None of 99 acknowledged messages was lost');
  });
});
