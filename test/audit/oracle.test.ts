import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Audit, auditRun, type Finding } from '../../src/audit/audit.ts';
import type { Check } from '../../src/audit/checks/check.ts';
import { messagesCheck, messagesCheckOf } from '../../src/audit/checks/messages.ts';
import { checks as allChecks } from '../../src/audit/checks/registry.ts';
import { generate } from './support/generate.ts';
import { type Model, writeModel } from './support/model.ts';
import { truthOf } from './support/oracle.ts';
import { byStart, outagesTruth } from './support/oracle-outages.ts';

/** The same ones each time; more by MQCHAOS_HISTORIES, others by MQCHAOS_SEED. */
const runs = Number(process.env.MQCHAOS_HISTORIES ?? 1000);
const withoutGroup = new Set(['duplicate-stored', 'corrupt', 'misrouted', 'phantom']);

async function auditModel(model: Model, checks: readonly Check[] = allChecks) {
  using folder = writeModel(model);
  const lines: string[] = [];
  const onFinding = (finding: Finding): void => {
    if (finding.class === 'unavailable') return;
    const group = withoutGroup.has(finding.class) ? undefined : finding.group;
    lines.push(`${finding.class} ${finding.message} ${group ?? ''}`.trim());
  };
  const audit = await auditRun({ journals: folder.journals(), expectation: { limits: {} }, onFinding, checks });
  return { audit, lines: lines.sort() };
}

/** In the oracle's form. Faults are told by unit tests: the generated ones are long over. */
function outagesOf({ storeOutages }: Audit) {
  const bySeen = ({ name: a }: { name: string }, { name: b }: { name: string }): number => a.localeCompare(b);
  return storeOutages
    .map(({ store, fromNs, toNs, seenBy, calls, connects, tries }) => ({
      ...{ store, from: fromNs, to: toNs, calls, connects, tries },
      seenBy: seenBy.map((each) => ({ name: each.name, from: each.fromNs, to: each.toNs })).sort(bySeen),
    }))
    .sort(byStart);
}

test('a thousand histories with everything planted: every line and every count as the oracle has it', async () => {
  const seen = new Set<string>();
  let seenOutages = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
      const model = generate(seed);
      const truth = truthOf(model);
      const { audit, lines } = await auditModel(model);
      expect(lines).toEqual(truth.lines);
      const counted = Object.fromEntries(Object.keys(truth.counts).map((key) => [key, audit.counts[key as 'lost']]));
      expect(counted).toEqual(truth.counts);
      expect(outagesOf(audit)).toEqual(outagesTruth(model));
      if (audit.storeOutages.length > 0) seenOutages += 1;
      for (const line of lines) seen.add(line.split(' ')[0] as string);
    }),
    { numRuns: runs, seed: Number(process.env.MQCHAOS_SEED ?? 20260101) },
  );
  expect(seenOutages).toBeGreaterThan(runs / 50);
  expect([...seen].sort()).toEqual(
    [
      ...['lost', 'rolled-back', 'skipped', 'unseen', 'duplicate-stored', 'duplicate-delivered', 'duplicate-undecided'],
      ...[
        'recovered',
        'undelivered',
        'undelivered-silent',
        'pending',
        'degraded-lost',
        'contradicted',
        'phantom',
        'corrupt',
        'misrouted',
      ],
      ...['reordered', 'duplicate-effect', 'unprocessed', 'phantom-effect', 'stale-overwrite'],
      ...['dead-letter-lost', 'over-retried'],
    ].sort(),
  );
}, 240_000);

test('nothing goes wrong in a healthy history: no findings but order', async () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const { audit, lines } = await auditModel(generate(seed, 1));
    // Async sends may land out of order by themselves.
    expect(lines.filter((line) => !line.startsWith('reordered'))).toEqual([]);
    expect(audit.counts.acked).toBe(audit.counts.attempted);
    if (audit.counts.acked > 0) expect(audit.verdict.value).toBe('pass');
  }
});

test('journals that are read again, in many ranges, give the same lines', async () => {
  const inRanges = allChecks.map((check) => (check === messagesCheck ? messagesCheckOf(1, true) : check));
  for (let seed = 0; seed < runs / 5; seed += 1) {
    const model = generate(seed, 0.6);
    expect((await auditModel(model, inRanges)).lines).toEqual(truthOf(model).lines);
  }
});
