import { describe, expect, it, test } from 'vitest';
import type { FindingClass } from '../../src/audit/class.ts';
import { newChoices } from '../../src/matrix/choices.ts';
import { findMeasures, measures } from '../../src/matrix/measures.ts';
import { openRows } from '../../src/matrix/row.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import { bundledProfiles } from '../../src/profile/find.ts';
import { loadProfile } from '../../src/profile/load.ts';
import type { Profile } from '../../src/profile/schema.ts';

type Expected = Partial<Record<FindingClass, unknown>> & Pick<Profile['expect'], 'harm'>;

test('the eleven measures, in the order of the message’s way', () => {
  expect(measures.map(({ name }) => name)).toEqual([
    'sync-send',
    'retry',
    'several-masters',
    'sync-flush',
    'sync-replication',
    'commit-after',
    'redelivery',
    'primary-key',
    'unique-constraint',
    'redis-set',
    'redis-id',
  ]);
});

test('every pair that there is belongs to one', () => {
  const halves = measures.flatMap(({ profiles }) => profiles.map(([, profile]) => profile));
  expect(bundledProfiles().filter((name) => name.endsWith('-off') && !halves.includes(name))).toEqual([]);
});

describe.each(measures.map((measure) => [measure.name, measure] as const))('%s', (_, { harm, profiles }) => {
  it('has its profiles: on may not have the harm, off is there to show it', () => {
    for (const [half, name] of profiles) {
      const expected: Expected = loadProfile(name, { env: {} }).expect;
      if (half === 'off') {
        expect(expected.harm?.length).toBeGreaterThan(0);
        for (const shown of expected.harm ?? []) expect(harm).toContain(shown);
      } else for (const prevented of harm) expect([name, prevented, expected[prevented]]).toEqual([name, prevented, 0]);
    }
  });

  it('has the same faults in all halves, at the same points, from the same seed', () => {
    const faults = profiles.map(([, name]) => JSON.stringify(compilePlan(loadProfile(name, { env: {} }), 7).faults));
    expect(new Set(faults).size).toBe(1);
  });
});

describe('what is chosen', () => {
  const choices = newChoices({ seed: 7, repeat: 1, only: [], set: [], cluster: false, allowRemote: false });

  it('by name keeps the order of the table; an unknown one is told the nearest', () => {
    expect(findMeasures(['redis-id', 'retry']).map(({ name }) => name)).toEqual(['retry', 'redis-id']);
    expect(() => findMeasures(['retri'])).toThrow(/no measure 'retri'; did you mean 'retry'/);
  });

  it('may not take the difference of a pair away', async () => {
    const set = ['producers.retries=0'];
    await expect(openRows({ ...choices, only: ['retry'], set })).rejects.toThrow(/retry: its off half is the same/);
    expect((await openRows({ ...choices, only: ['several-masters'], set }))[0]?.missing).toBeUndefined();
  });

  it('by a wrong setting is refused with its place', async () => {
    await expect(openRows({ ...choices, only: ['retry'], set: ['producers.retrys=0'] })).rejects.toThrow(
      /--set producers\.retrys=0.*retries/s,
    );
  });
});
