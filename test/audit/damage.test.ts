/** Whatever is cut, deleted, flipped, doubled or exchanged: the audit knows less, and never accuses the innocent. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Audit, auditRun, type Finding } from '../../src/audit/audit.ts';
import { headerSizeBytes } from '../../src/journal/header.ts';
import { generate, Random } from './support/generate.ts';
import { type Model, type ModelJournal, overwrite, writeModel } from './support/model.ts';

/** The same ones each time; more by MQCHAOS_HISTORIES, others by MQCHAOS_SEED. */
const runs = Number(process.env.MQCHAOS_HISTORIES ?? 200);
const limits = { lost: 0, 'rolled-back': 0, skipped: 0, phantom: 0, contradicted: 0 } as const;

const accusations = {
  harm: ['lost', 'rolled-back', 'skipped'],
  duplicate: ['duplicate-stored', 'duplicate-delivered', 'duplicate-undecided'],
  storedTwice: ['duplicate-stored'],
  phantom: ['phantom'],
  contradicted: ['contradicted'],
  // what a lost journal of the store or of a consumer could make of an innocent
  unprocessed: ['unprocessed'],
  deadLetterLost: ['dead-letter-lost'],
  overRetried: ['over-retried'],
  doubled: ['duplicate-effect'],
  phantomEffect: ['phantom-effect'],
  stale: ['stale-overwrite'],
};

interface Accused {
  audit: Audit;
  sets: Record<string, Set<string>>;
}

async function accusedIn(journals: readonly string[]): Promise<Accused> {
  const sets: Record<string, Set<string>> = {};
  const onFinding = (finding: Finding): void => {
    for (const [name, classes] of Object.entries(accusations)) {
      // which newer message was overwritten is a matter of what is known; which one stands is not
      const whom = finding.by ?? finding.message ?? '?';
      if (classes.includes(finding.class)) sets[name] = new Set(sets[name]).add(whom);
    }
  };
  return { audit: await auditRun({ journals, expectation: { limits }, onFinding }), sets };
}

function expectNoMore(damaged: Accused, whole: Accused, what: string): void {
  for (const name of Object.keys(accusations)) {
    const innocent = [...(damaged.sets[name] ?? [])].filter((message) => !whole.sets[name]?.has(message));
    expect(innocent, `${name} after ${what}`).toEqual([]);
  }
  const accused = Object.values(damaged.sets).some((set) => set.size > 0);
  if (!accused) expect(damaged.audit.verdict.value, what).toBe('inconclusive');
}

/** Written by the runner itself, beside its own. */
function isOfRunner({ role }: ModelJournal): boolean {
  return role === 'store' || role === 'dead-letters';
}

/** Histories as they happen: whole journals, so that the uncut audit knows the truth. */
function wholeModel(seed: number): Model {
  const model = generate(seed, new Random(seed).pick([0.8, 0.9, 0.97]));
  const killed = new Random(seed ^ 0x5555);
  return {
    ...model,
    runnerClosed: true,
    journals: model.journals.map((journal) => ({
      ...journal,
      closed: killed.chance(0.5) || isOfRunner(journal),
      noted: !isOfRunner(journal),
    })),
  };
}

test('a cut at every record boundary of every journal', async () => {
  for (let seed = 0; seed < runs / 50; seed += 1) {
    using folder = writeModel(wholeModel(seed));
    const journals = folder.journals();
    const whole = await accusedIn(journals);
    for (const path of journals) {
      const bytes = readFileSync(path);
      for (let size = bytes.length - 32; size >= headerSizeBytes; size -= 32) {
        overwrite(path, bytes.subarray(0, size));
        expectNoMore(await accusedIn(journals), whole, `seed ${seed}: ${path} cut to ${size} bytes`);
      }
      overwrite(path, bytes);
    }
  }
}, 240_000);

test('any mixture of cuts, holes, flips, deletions, copies and exchanges', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
      using folder = writeModel(wholeModel(seed));
      const random = new Random(seed + 1);
      const whole = await accusedIn(folder.journals());
      const before = contents(folder.journals());
      const damaged: string[] = [];
      for (let times = 1 + random.below(3); times > 0; times -= 1) {
        const path = random.pick(folder.journals());
        if (path === undefined) break;
        const done = damage(path, random.pick(folder.journals()) ?? path, random);
        if (done !== undefined) damaged.push(done);
      }
      if (contents(folder.journals()) === before) return; // what was added is gone again, say
      const left = folder.journals();
      if (left.length === 0) return;
      expectNoMore(await accusedIn(left), whole, `seed ${seed}: ${damaged.join(', ')}`);
    }),
    { numRuns: runs * 3, seed: Number(process.env.MQCHAOS_SEED ?? 20260102) },
  );
}, 240_000);

function contents(journals: readonly string[]): string {
  return journals.map((path) => `${path} ${readFileSync(path, 'latin1')}`).join('\n');
}

/** Undefined when there was nothing to damage. `other`: any journal of the same run. */
function damage(path: string, other: string, random: Random): string | undefined {
  const bytes = readFileSync(path);
  const before = Buffer.from(bytes);
  const kind = random.pick([
    ...(['cut', 'cut', 'ragged', 'flip', 'flip', 'header', 'delete', 'zeros'] as const),
    ...(['hole', 'hole', 'copy', 'exchange'] as const),
  ]);
  const body = Math.max(0, bytes.length - headerSizeBytes);
  if (kind === 'delete') rmSync(path);
  if (kind === 'cut') overwrite(path, bytes.subarray(0, headerSizeBytes + 32 * random.below(Math.max(1, body / 32))));
  if (kind === 'ragged') overwrite(path, bytes.subarray(0, random.below(bytes.length)));
  if (kind === 'header' || (kind === 'flip' && body > 0)) {
    const at = kind === 'header' ? random.below(Math.min(bytes.length, 400)) : headerSizeBytes + random.below(body);
    bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255));
    overwrite(path, bytes);
  }
  if (kind === 'hole' && body > 0) {
    const from = headerSizeBytes + 32 * random.below(body / 32);
    overwrite(path, Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 32 * (1 + random.below(8)))]));
  }
  if (kind === 'copy') {
    writeFileSync(path.replace(/\.journal$/, '-again.journal'), bytes);
    return `copy of ${path}`;
  }
  if (kind === 'exchange') overwrite(path, readFileSync(other));
  if (kind === 'zeros') {
    bytes.fill(0, headerSizeBytes + 32 * random.below(Math.max(1, body / 32)));
    overwrite(path, bytes);
  }
  const same = kind !== 'delete' && before.equals(readFileSync(path));
  return same ? undefined : `${kind} ${path}`;
}
