import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageFolder } from '../src/cluster/program.ts';

const source = join(packageFolder, 'src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/**
 * Which areas, or single files of them, each area may see beside itself, `errors` and `wait` (the broker: nothing at all). This is
 * the table; biome.json has the same for editors, and a test holds it to this one.
 */
const mayImport: Record<string, readonly string[]> = {
  audit: ['journal', 'loops'],
  journal: ['loops'],
  loops: [],
  workers: ['products', 'effects', 'journal', 'plan'],
  faults: ['cluster/controls.ts', 'effects/points.ts', 'journal', 'plan', 'profile/units.ts'],
  broker: [],
  products: [
    'cluster/controls.ts',
    'cluster/node-spec.ts',
    'audit/class.ts',
    'plan/clause.ts',
    'plan/plan.ts',
    'plan/taken.ts',
    'plan/threats.ts',
    'profile/map.ts',
    'profile/secret-reference.ts',
    'profile/units.ts',
  ],
  effects: ['journal/event.ts'],
  report: ['audit', 'plan'],
  cluster: ['journal', 'products/cluster.ts', 'products/product.ts'],
  profile: [
    'faults/registry.ts',
    'faults/fault.ts',
    'cluster/controls.ts',
    'audit/class.ts',
    'audit/meaning.ts',
    'products',
    'effects/registry.ts',
    'effects/settings.ts',
  ],
  plan: ['profile', 'products', 'audit/class.ts'],
  run: ['profile', 'plan', 'cluster', 'products', 'effects', 'faults', 'workers', 'journal', 'audit', 'report'],
  matrix: [
    'profile',
    'plan',
    'products',
    'cluster',
    'effects/probe.ts',
    'effects/settings.ts',
    'audit',
    'report',
    'run',
  ],
  cli: [
    'profile',
    'plan',
    'cluster',
    'products',
    'effects/probe.ts',
    'effects/registry.ts',
    'faults',
    'journal',
    'audit',
    'report',
    'run',
    'matrix',
  ],
};
const areas = Object.keys(mayImport);

describe('boundaries', () => {
  it.each(areas)('%s imports only what it may', (area) => {
    const allowed = [area, ...(mayImport[area] ?? []), ...(area === 'broker' ? [] : ['errors.ts', 'wait.ts'])];
    const wrong = files
      .filter((file) => areaOf(file) === area)
      .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
      .filter(({ target }) => !allowed.includes(areaOf(target)) && !allowed.includes(target));
    expect(wrong).toEqual([]);
  });

  it.each(areas)('%s may import nothing that it does not', (area) => {
    const targets = files.filter((file) => areaOf(file) === area).flatMap(importsOf);
    const unused = (mayImport[area] ?? []).filter(
      (name) => !targets.some((target) => [target, areaOf(target)].includes(name)),
    );
    expect(unused).toEqual([]);
  });

  it('biome.json says the same', () => {
    const { overrides } = JSON.parse(readFileSync(join(packageFolder, 'biome.json'), 'utf8'));
    const restricted = new Map(
      overrides.flatMap(({ includes, linter }: Override) => {
        const options = linter.rules.style.noRestrictedImports?.options;
        return options === undefined ? [] : [[includes[0], options]];
      }),
    );
    expect(Object.fromEntries(restricted)).toEqual(
      Object.fromEntries(areas.map((area) => [`src/${area}/**`, rulesOf(area)])),
    );
  });

  it('every area has its rules', () => {
    const found = new Set(files.filter((file) => file.includes('/')).map(areaOf));
    expect([...found].sort()).toEqual([...areas].sort());
  });

  it('processes are started in one file', () => {
    const starters = files.filter((file) => /from 'execa'|from 'node:child_process'/.test(textOf(file)));
    expect(starters).toEqual(['cluster/process.ts']);
  });

  it('whoever waits for a time does so by wait.ts: with a signal', () => {
    const own = /setTimeout\(resolve|setTimeout[^;]*from 'node:timers\/promises'/;
    expect(files.filter((file) => areaOf(file) !== 'broker' && own.test(textOf(file)))).toEqual([]);
  });

  it('the broker takes its world as an argument', () => {
    const touching = files
      .filter((file) => areaOf(file) === 'broker' && !file.startsWith('broker/world/') && file !== 'broker/main.ts')
      .filter((file) =>
        /from 'node:(fs|net|timers|child_process|os)|Math\.random\(|Date\.now\(|setTimeout\(/.test(textOf(file)),
      );
    expect(touching).toEqual([]);
  });

  it('randomness and the wall clock have their places', () => {
    const random = files.filter((file) => /Math\.random\(/.test(textOf(file)));
    expect(random.filter((file) => !file.startsWith('broker/world/'))).toEqual([]);
  });
});

function textOf(file: string): string {
  return readFileSync(join(source, file), 'utf8');
}

function importsOf(file: string): string[] {
  const found = textOf(file).matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g);
  return [...found].map(([, path]) => relative(source, join(source, file, '..', path ?? '')));
}

function areaOf(file: string): string {
  return file.split('/')[0] ?? '';
}

interface Override {
  readonly includes: readonly [string];
  readonly linter: {
    readonly rules: { readonly style: { readonly noRestrictedImports?: { readonly options: unknown } } };
  };
}

/** Options of biome's `noRestrictedImports` for an area. */
function rulesOf(area: string): unknown {
  const may = mayImport[area] ?? [];
  const hidden = areas.filter((other) => other !== area && !may.includes(other)).map((other) => `**/${other}/**`);
  const shown = may.filter((name) => name.includes('/')).map((file) => `!**/${file}`);
  return {
    paths: area === 'cluster' ? {} : { execa: 'Processes are started in cluster/process.ts only.' },
    patterns: [{ group: [...hidden, ...shown], message: `${area} may not see this: test/architecture.test.ts.` }],
  };
}
