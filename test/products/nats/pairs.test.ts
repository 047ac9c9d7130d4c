/** The pairs of profiles about NATS: halves differ in one key, and one of them is there to show the harm. */
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../../src/profile/load.ts';

/** The half that holds, the half with the harm, the key, and its two values. */
const pairs: readonly (readonly [holds: string, harms: string, key: string, is: unknown, becomes: unknown])[] = [
  ['nats-replicas', 'nats-replicas-off', 'topic.replication', 3, 1],
  ['nats-several-servers', 'nats-several-servers-off', 'cluster.nodes', 3, 1],
  ['nats-confirmed-ack-off', 'nats-confirmed-ack', 'consumers.idempotence', 'primary-key', 'none'],
  ['nats-retry-elsewhere-off', 'nats-retry-elsewhere', 'producers.retryAnotherBroker', false, true],
];

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

describe.each(pairs)('%s and %s', (holds, harms, key, is, becomes) => {
  it(`differ in ${key} alone`, () => {
    const [first, second] = [settingsOf(holds), settingsOf(harms)];
    const keys = [...new Set([...first.keys(), ...second.keys()])];
    const different = keys.filter((path) => !Object.is(first.get(path), second.get(path)));
    expect(different.map((path) => [path, first.get(path), second.get(path)])).toEqual([[key, is, becomes]]);
  });

  it('the one may have none of the harm that the other is there to show', () => {
    const [first, second] = [loadProfile(holds, { env: {} }), loadProfile(harms, { env: {} })];
    expect(first.expect.harm).toBeUndefined();
    expect(second.expect.harm).toHaveLength(1);
    for (const name of second.expect.harm ?? []) expect(first.expect[name], name).toBe(0);
  });
});
