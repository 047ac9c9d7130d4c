/** A pair shows what one switch does, so its halves differ in that switch alone, and in what they ask and expect. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { loadProfile } from '../../src/profile/load.ts';
import { bundledProfiles, findingProfiles } from '../../src/profile/text/find.ts';

/** On, the other half, the switch, and its two positions. */
const pairs: readonly (readonly [on: string, other: string, key: string, is: unknown, becomes: unknown])[] = [
  ['sync-send', 'sync-send-off', 'producers.send', 'sync', 'oneway'],
  ['sync-send', 'sync-send-async', 'producers.send', 'sync', 'async'],
  ['retry', 'retry-off', 'producers.retries', 3, 0],
  ['idempotent-producer', 'idempotent-producer-off', 'producers.idempotent', true, false],
  ['several-masters', 'several-masters-off', 'cluster.masters', 2, 1],
  ['sync-flush', 'sync-flush-off', 'cluster.flush', 'sync', 'async'],
  ['sync-replication', 'sync-replication-off', 'cluster.replication', 'sync', 'async'],
  ['commit-after', 'commit-after-off', 'consumers.commit', 'after', 'before'],
  ['redelivery', 'redelivery-off', 'consumers.redelivery.attempts', 16, 0],
  ['primary-key', 'primary-key-off', 'consumers.idempotence', 'primary-key', 'none'],
  ['unique-constraint', 'unique-constraint-off', 'consumers.idempotence', 'unique-constraint', 'none'],
  ['redis-set', 'redis-set-off', 'consumers.idempotence', 'redis-set', 'none'],
  ['kafka-several-brokers', 'kafka-several-brokers-off', 'topic.partitions', 6, 1],
  ['kafka-acks-all', 'kafka-acks-all-off', 'producers.acks', 'all', 'one'],
  ['kafka-replication', 'kafka-replication-off', 'producers.acks', 'all', 'one'],
  ['redis-id', 'redis-id-off', 'consumers.idempotence', 'redis-id', 'none'],
  ['rocketmq-in-sync-replicas', 'rocketmq-in-sync-replicas-off', 'cluster.inSyncReplicas', 2, 1],
  ['rabbitmq-commit-after', 'rabbitmq-commit-after-off', 'consumers.commit', 'after', 'before'],
  ['rabbitmq-quorum', 'rabbitmq-quorum-off', 'cluster.queue', 'quorum', 'classic'],
  ['rabbitmq-retry', 'rabbitmq-retry-off', 'producers.retries', 100, 0],
  ['rabbitmq-several-nodes', 'rabbitmq-several-nodes-off', 'cluster.nodes', 3, 1],
  ['nats-replicas', 'nats-replicas-off', 'topic.replication', 3, 1],
  ['nats-several-servers', 'nats-several-servers-off', 'cluster.nodes', 3, 1],
  ['redis-flush', 'redis-flush-off', 'cluster.fsync', 'always', 'everysec'],
  ['kafka-flush', 'kafka-flush-off', 'cluster.flush', 'every-message', 'default'],
  ['rocketmq-flush', 'rocketmq-flush-off', 'cluster.flush', 'sync', 'async'],
  ['nats-flush', 'nats-flush-off', 'cluster.syncInterval', 'always', 120_000],
  ['redis-retry', 'redis-retry-off', 'producers.retries', 20, 0],
  ['redis-wait', 'redis-wait-off', 'cluster.wait', 1, 0],
];

/** Every value of a profile by its path, with its defaults; but for what it asks and expects. */
function settingsOf(name: string): Map<string, unknown> {
  const { name: _, question, expect: expected, ...rest } = loadProfile(name, { env: {} });
  const settings = new Map<string, unknown>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return void settings.set(path, value);
    for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`);
  };
  walk(rest, '');
  return settings;
}

test('every profile that is half of a pair is here', () => {
  const halves = bundledProfiles().filter((name) => name.endsWith('-off'));
  expect(new Set(pairs.map(([, other]) => other))).toEqual(new Set([...halves, 'sync-send-async']));
});

describe.each(pairs)('%s and %s', (on, other, key, is, becomes) => {
  it(`differ in ${key} alone`, () => {
    const [first, second] = [settingsOf(on), settingsOf(other)];
    const keys = [...new Set([...first.keys(), ...second.keys()])];
    const different = keys.filter((path) => !Object.is(first.get(path), second.get(path)));
    expect(different.map((path) => [path, first.get(path), second.get(path)])).toEqual([[key, is, becomes]]);
  });

  it('ask each a question of its own, and under faults', () => {
    const [first, second] = [loadProfile(on, { env: {} }), loadProfile(other, { env: {} })];
    expect(second.question).not.toBe(first.question);
    expect(first.faults.length).toBeGreaterThan(0);
    expect(first.expect.harm).toBeUndefined();
  });

  it('on may have none of the harm that off is there to show', () => {
    const [first, second] = [loadProfile(on, { env: {} }), loadProfile(other, { env: {} })];
    const harm = second.expect.harm ?? [];
    expect(harm.length > 0).toBe(other.endsWith('-off'));
    for (const name of harm) expect(first.expect[name], name).toBe(0);
  });
});

/** The museum: here it is the profile without `-off` that shows the harm. */
describe.each(findingProfiles().filter((name) => !name.endsWith('-off')))('the finding %s', (name) => {
  const text = readFileSync(new URL(`../../profiles/findings/${name}.yaml`, import.meta.url), 'utf8');
  const head = text.slice(0, text.search(/^[a-z]/m));

  it('differs from its other half in one key', () => {
    const [harm, clean] = [settingsOf(name), settingsOf(`${name}-off`)];
    const keys = [...new Set([...harm.keys(), ...clean.keys()])];
    expect(keys.filter((path) => !Object.is(harm.get(path), clean.get(path)))).toHaveLength(1);
  });

  it('is there to show a harm, which its other half may not have', () => {
    const [harm, clean] = [loadProfile(name, { env: {} }).expect, loadProfile(`${name}-off`, { env: {} }).expect];
    expect(harm.harm?.length).toBeGreaterThan(0);
    expect(clean.harm).toBeUndefined();
    expect(harm.harm?.some((each) => clean[each] === 0)).toBe(true);
  });

  it('opens with its source, the versions and what to do', () => {
    expect(head).toMatch(/^# yaml-language-server: \$schema=\.\.\/\.\.\/schema\/profile\.schema\.json\n#\n/);
    for (const word of [/source:/i, /\d+\.\d+/, /what to do:/i]) expect(head).toMatch(word);
  });
});
