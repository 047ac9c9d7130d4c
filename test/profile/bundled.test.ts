import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { describePlan } from '../../src/plan/describe.ts';
import { decodePlan, encodePlan } from '../../src/plan/encode.ts';
import { products } from '../../src/products/registry.ts';
import { loadProfile } from '../../src/profile/load.ts';
import { bundledProfiles, findingProfiles } from '../../src/profile/text/find.ts';

const names = bundledProfiles();

/** Pairs of a product's own, for its measures, begin with its name. */
const ofProducts = names.filter((name) => products.some((product) => name.startsWith(`${product.name}-`)));

test('the profiles that the README promises', () => {
  const own = names.filter(
    (name) => !ofProducts.includes(name) || name.startsWith('redis-id') || name.startsWith('redis-set'),
  );
  expect(own).toEqual([
    'async-window',
    'broken-connections',
    'commit-after',
    'commit-after-off',
    'dead-letter',
    'failover-in-sync',
    'idempotent-producer',
    'idempotent-producer-off',
    'kafkajs-idempotent-concurrent',
    'kill-async-flush',
    'kill-consumers',
    'kill-master',
    'kill-producers',
    'partitioned-minority',
    'partitioned-minority-acks-one',
    'pause-master',
    'primary-key',
    'primary-key-off',
    'quick',
    'redelivery',
    'redelivery-off',
    'redis-id',
    'redis-id-expiring',
    'redis-id-off',
    'redis-set',
    'redis-set-off',
    'redis-set-stale',
    'retry',
    'retry-off',
    'rolling-restart',
    'several-masters',
    'several-masters-off',
    'slow-links',
    'sync-flush',
    'sync-flush-off',
    'sync-replication',
    'sync-replication-off',
    'sync-send',
    'sync-send-async',
    'sync-send-off',
    'unique-constraint',
    'unique-constraint-off',
    'wrong-broker-position',
    'wrong-check-then-insert',
    'wrong-effect-first',
    'wrong-id-first',
  ]);
});

test.each([...names, ...findingProfiles()])('%s loads, compiles and says what it does', (name) => {
  const profile = loadProfile(name, { env: {} });
  expect(profile.name).toBe(name);
  const plan = compilePlan(profile, 7);
  const text = encodePlan(plan);
  expect(encodePlan(decodePlan(text, 'plan.json'))).toBe(text);
  expect(describePlan(plan)).toContain(profile.question);
  expect(plan.faults.length).toBeGreaterThan(0);
});

test.each(names)('%s begins with the line that editors read', (name) => {
  const text = readFileSync(new URL(`../../profiles/${name}.yaml`, import.meta.url), 'utf8');
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../schema/profile.schema.json');
});

test('what the comments of a profile suggest can be done', () => {
  const set = ['producers.idempotent=false', 'expect.harm=', 'expect.duplicate-stored=any'];
  expect(compilePlan(loadProfile('kafkajs-idempotent-concurrent', { set }), 1).expect.limits.lost).toBe(0);
  expect(loadProfile('quick', { set: ['producers.retries=0'] }).producers.retries).toBe(0);
});
