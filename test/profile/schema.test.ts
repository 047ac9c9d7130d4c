import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { findingClasses, forbiddenByDefault } from '../../src/audit/class.ts';
import { meanings } from '../../src/audit/meaning.ts';
import type { Fault } from '../../src/faults/fault.ts';
import { faults } from '../../src/faults/registry.ts';
import { attachedPlan } from '../../src/products/attached.ts';
import type { ClusterSettings } from '../../src/products/cluster.ts';
import { included, nodesOf, products } from '../../src/products/registry.ts';
import { ownControls, suffice, waysTo } from '../../src/profile/check/control-ways.ts';
import { bare } from '../../src/profile/check/issues.ts';
import { profileJsonSchemaText } from '../../src/profile/schema/json-schema.ts';
import { profileSchema } from '../../src/profile/schema/schema.ts';
import { load, small } from './written.ts';

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** Every key of the format with its path, `faults[].do`, and its schema. */
function keys(schema: z.ZodType, path = ''): [string, z.ZodType][] {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray) return keys(inner.element as z.ZodType, `${path}[]`);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => keys(option as z.ZodType, path));
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape).flatMap(([key, child]): [string, z.ZodType][] => {
    const below = path === '' ? key : `${path}.${key}`;
    return [[below, child as z.ZodType], ...keys(child as z.ZodType, below)];
  });
}

/** Each once: entries of `faults` have the same keys, whatever the fault. */
const all = [...new Map(keys(profileSchema))];

test('schema/profile.schema.json is fresh (npm run build && node scripts/generate-schema.mjs)', () => {
  expect(read('schema/profile.schema.json')).toBe(profileJsonSchemaText());
});

test('the walk finds the keys', () => {
  expect(all.map(([path]) => path)).toEqual(
    expect.arrayContaining([
      'version',
      'cluster.masters',
      'cluster.control[].pidFile',
      'faults[].target.leader',
      'expect.lost',
    ]),
  );
});

/** Keys of one product alone are on its own page. */
const shared = ['broker', ...Object.keys(attachedPlan), ...Object.keys(included.format.profile.shape)];
const common = all.filter(([path]) => {
  const [section, key = ''] = path.split(/[.[]/);
  return section !== 'cluster' || key === '' || shared.includes(key);
});

test.each(all)('%s has a description', (_, schema) => {
  expect(schema.description ?? '').not.toBe('');
});

test.each(common)('docs/profile.md has %s', (path) => {
  expect(read('docs/profile.md')).toContain(`\`${path}\``);
});

test.each(products.filter((product) => product !== included))(
  'the page of $name has every key of its own',
  (product) => {
    const page = read(`docs/${product.name}.md`);
    for (const key of Object.keys(product.format.profile.shape)) {
      if (!shared.includes(key))
        expect([key, page.includes(`\`cluster.${key}`) || page.includes(`\`${key}\``)]).toEqual([key, true]);
    }
  },
);

test('every default in docs/profile.md is the one of the schema', () => {
  const docs = read('docs/profile.md').split('\n');
  const json = JSON.parse(profileJsonSchemaText());
  for (const section of ['topic', 'producers', 'consumers']) {
    for (const [key, property] of Object.entries<{ default?: unknown }>(json.else.properties[section].properties)) {
      if (property.default === undefined) continue;
      const row = docs.find((line) => line.startsWith(`| \`${section}.${key}\` |`));
      expect(row).toContain(`| \`${property.default}\` |`);
    }
  }
});

test.each(findingClasses)('docs/profile.md says what %s means, as every report does', (name) => {
  const row = read('docs/profile.md')
    .split('\n')
    .find((line) => line.startsWith(`| \`expect.${name}\` |`));
  const limit = forbiddenByDefault.includes(name) ? '0' : 'any';
  expect(row?.replace('(faults, not messages) ', '')).toBe(`| \`expect.${name}\` | \`${limit}\` | ${meanings[name]} |`);
});

/** With copies where there can be any: some are there to be promoted. */
const withCopies = products.map((product) => {
  const { shape } = product.format.profile;
  const copies = 'slaves' in shape ? { slaves: 1 } : 'replicas' in shape ? { replicas: 1 } : {};
  return { ...product, whole: product.format.profile.parse({ broker: product.name, ...copies }) as never };
});

function startedWith({ needs, wired }: Fault): string {
  const rule = wired?.({});
  const pool = withCopies.filter(({ wire }) => rule === undefined || (wire !== undefined && !wire.wrong(rule)));
  const able = pool.filter(({ nodes, whole }) => nodes(whole).some(({ controls }) => suffice(controls, needs)));
  const onVolume = pool.filter(({ whole }) => {
    const settings: ClusterSettings = whole;
    const volume = { kind: 'fuse', writeBack: 'worst case', checkpoint: true } as const;
    return nodesOf({ ...settings, volume }).some(({ controls }) => suffice(controls, needs));
  });
  const named = able.map(({ name }) => name).join(', ');
  if (onVolume.length === able.length) return able.length === products.length ? 'all brokers' : named;
  expect(onVolume).toHaveLength(products.length);
  return `${named === '' ? '' : `${named}; `}all brokers with \`cluster.volume\``;
}

test.each(faults)('docs/profile.md has the row of the fault $name', (fault) => {
  const { name, summary, needs } = fault;
  const ways = waysTo(needs)?.map((row) => row.map((way) => `\`${way}\``).join(' or '));
  const whose = suffice(ownControls.consumer, needs) ? 'consumers only' : `started by the run: ${startedWith(fault)}`;
  const need = ways?.join(', and ') ?? `– (${whose})`;
  expect(read('docs/profile.md')).toContain(`\n| \`${name}\` | ${summary} | ${need} |\n`);
});

const examples = ['docs/profile.md', 'docs/volumes.md'].flatMap((page) =>
  [...read(page).matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text),
);

test.each(examples)('an example of docs/profile.md or docs/volumes.md is right: %#', (text) => {
  const head =
    text.includes('\ncluster:') || text.startsWith('cluster:') ? small().replace(/^cluster.*\n/m, '') : small();
  expect(() => load(text.includes('version: 1') ? text : head + text)).not.toThrow();
});
