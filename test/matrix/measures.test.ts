import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { FindingClass } from '../../src/audit/class.ts';
import { newChoices } from '../../src/matrix/choices.ts';
import { findMeasures, measureOn, measures } from '../../src/matrix/measures.ts';
import { openRows, type Row } from '../../src/matrix/row.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import { products } from '../../src/products/registry.ts';
import { loadProfile } from '../../src/profile/load.ts';
import type { Profile } from '../../src/profile/schema/schema.ts';
import { bundledProfiles } from '../../src/profile/text/find.ts';

type Expected = Partial<Record<FindingClass, unknown>> & Pick<Profile['expect'], 'harm'>;

/** Pairs that products have of their own. */
const ofTheirOwn = products.flatMap((product) =>
  [false, true].flatMap((attached) =>
    measures.flatMap((measure) => {
      const here = product.measure?.(measure.name, attached);
      const where = attached ? `on an attached ${product.title}` : `on ${product.title}`;
      return here?.profiles === undefined ? [] : [[`${measure.name} ${where}`, measureOn(measure, here)] as const];
    }),
  ),
);
const everywhere = [...measures.map((measure) => [measure.name, measure] as const), ...ofTheirOwn];

test('the twelve measures, in the order of the message’s way', () => {
  expect(measures.map(({ name }) => name)).toEqual([
    'sync-send',
    'retry',
    'idempotent-producer',
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
  const halves = [...measures, ...ofTheirOwn.map(([, measure]) => measure)].flatMap(({ profiles }) =>
    profiles.map(([, name]) => name),
  );
  expect(bundledProfiles().filter((name) => name.endsWith('-off') && !halves.includes(name))).toEqual([]);
});

describe.each(everywhere)('%s', (_, { harm, profiles }) => {
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

describe('on attached brokers', () => {
  const choices = newChoices({ seed: 7, repeat: 1, only: [], set: [], cluster: true, allowRemote: false });
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'mqchaos-test-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** A cluster file of so many brokers. */
  function clusterOf(brokers: number, topic = {}): string {
    const nodes = Array.from({ length: brokers }, (_, index) => ({
      id: `b${index + 1}`,
      address: `127.0.0.1:${9092 + index}`,
    }));
    const control = nodes.map((node) => ({ ...node, pidFile: `${node.id}.pid`, start: 'true' }));
    const attach = nodes.map(({ address }) => address);
    const file = join(home, 'kafka.yaml');
    // JSON is YAML
    writeFileSync(file, JSON.stringify({ cluster: { broker: 'kafka', attach, control }, topic }));
    return file;
  }

  function planOf({ profiles }: Row, half: 'on' | 'off') {
    const profile = profiles.get(half);
    if (profile === undefined) throw new Error(`no ${half}`);
    return compilePlan(profile, 7);
  }

  it('all is run but what needs nodes of ours, by the pairs that are made for them', async () => {
    const only = measures.map(({ name }) => name).filter((name) => !name.startsWith('redis'));
    const rows = await openRows({ ...choices, only }, clusterOf(3));
    expect(rows.filter(({ missing }) => missing !== undefined).map(({ measure }) => measure.name)).toEqual([
      'idempotent-producer',
      'sync-flush',
    ]);
    const pairs = rows.flatMap(({ measure }) => measure.profiles.map(([, profile]) => profile));
    expect(pairs.filter((name) => name.startsWith('kafka-'))).toEqual([
      'kafka-several-brokers',
      'kafka-several-brokers-off',
      'kafka-acks-all',
      'kafka-acks-all-off',
    ]);
  });

  it('of too few is named as not run', async () => {
    const only = ['sync-send', 'retry', 'several-masters', 'sync-replication'];
    const missing = async (brokers: number) =>
      (await openRows({ ...choices, only }, clusterOf(brokers))).map((row) => row.missing?.slice(0, 17));
    expect(await missing(1)).toEqual([undefined, 'it takes 2 broker', 'it takes 2 broker', 'it takes 3 broker']);
    expect(await missing(2)).toEqual([undefined, undefined, undefined, 'it takes 3 broker']);
  });

  it('of which one has two names is one', async () => {
    const file = clusterOf(1);
    writeFileSync(file, readFileSync(file, 'utf8').replace('127.0.0.1', 'localhost'));
    expect((await openRows({ ...choices, only: ['retry'] }, file))[0]?.missing).toMatch(/names 1$/);
  });

  it('sessions are as long as a Kafka wants them, unless it is said otherwise', async () => {
    const only = ['commit-after'];
    const sessionOf = async (set: string[], ...cluster: string[]) => {
      const [row] = await openRows({ ...choices, only, set }, ...cluster);
      return row && planOf(row, 'on').consumers.sessionTimeoutMs;
    };
    expect(await sessionOf([], clusterOf(1))).toBe(6000);
    expect(await sessionOf(['consumers.sessionTimeout=2s'], clusterOf(1))).toBe(2000);
    expect(await sessionOf([])).toBe(1000);
  });

  it('has one copy of each partition, or what the file says, where the pair says nothing of its own', async () => {
    const topics = async (topic = {}) => {
      const rows = await openRows({ ...choices, only: ['retry', 'sync-replication'] }, clusterOf(3, topic));
      return rows.map((row) => planOf(row, 'off').topic);
    };
    const own = { partitions: 6, replication: 3 };
    expect(await topics()).toEqual([{ partitions: 8, replication: 1 }, own]);
    expect(await topics({ partitions: 3, replication: 2 })).toEqual([{ partitions: 3, replication: 2 }, own]);
  });

  it('nothing of the cluster of a pair is left: two halves that differed in it are the same', async () => {
    const file = join(home, 'redis.yaml');
    writeFileSync(file, JSON.stringify({ cluster: { broker: 'redis', attach: ['127.0.0.1:6379'] } }));
    const rows = await openRows({ ...choices, only: ['sync-flush', 'sync-replication', 'commit-after'] }, file);
    expect(rows.map(({ missing }) => missing)).toEqual([
      expect.stringMatching(/^profiles.redis-flush\.yaml/),
      expect.stringMatching(/^profiles.redis-wait\.yaml/),
      undefined,
    ]);
  });
});
