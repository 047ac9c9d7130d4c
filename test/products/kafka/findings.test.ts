/** The findings on Kafka: each a pair that differs in one key, with its source, its versions and what to do about it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageFolder } from '../../../src/cluster/program.ts';
import { loadProfile } from '../../../src/profile/load.ts';

const folder = join(packageFolder, 'profiles/findings');
const pairs = readdirSync(folder)
  .filter((file) => /^kafka.*(?<!-off)\.yaml$/.test(file))
  .map((file) => file.slice(0, -5));

function settingsOf(name: string): Map<string, unknown> {
  const { name: _, question, expect: expected, ...rest } = loadProfile(join(folder, `${name}.yaml`), { env: {} });
  const settings = new Map<string, unknown>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return void settings.set(path, value);
    for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`);
  };
  walk(rest, '');
  return settings;
}

test.each(pairs)('%s', (name) => {
  const [harm, off] = [settingsOf(name), settingsOf(`${name}-off`)];
  const different = [...new Set([...harm.keys(), ...off.keys()])].filter(
    (key) => !Object.is(harm.get(key), off.get(key)),
  );
  expect(different).toHaveLength(1);
  for (const half of [name, `${name}-off`]) {
    const comment = readFileSync(join(folder, `${half}.yaml`), 'utf8').split('version: 1')[0];
    expect(comment).toMatch(/What to do: /);
    expect(comment).toMatch(half.endsWith('-off') ? /same source and versions/ : /Source: [\s\S]*4\.3\.0/);
  }
  const shown = loadProfile(join(folder, `${name}.yaml`), { env: {} }).expect.harm ?? [];
  expect(shown.length).toBeGreaterThan(0);
  expect(loadProfile(join(folder, `${name}-off.yaml`), { env: {} }).expect.harm).toBeUndefined();
});

test('there are five of them', () => expect(pairs).toHaveLength(5));
