import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageFolder } from '../src/cluster/program.ts';

const source = join(packageFolder, 'src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** Which areas may see which, beside themselves and `errors`. The same table is in biome.json for editors. */
const mayImport: Record<string, readonly string[]> = {
  audit: ['journal'],
  journal: [],
  workers: ['drivers', 'journal', 'plan'],
  faults: ['cluster', 'journal', 'plan'],
  broker: [],
  drivers: ['journal', 'cluster'],
  report: ['audit', 'journal', 'plan'],
  cluster: ['journal', 'plan'],
  profile: ['faults', 'audit', 'drivers', 'cluster'],
  plan: ['profile', 'audit'],
  run: ['profile', 'plan', 'cluster', 'drivers', 'faults', 'workers', 'journal', 'audit', 'report'],
  cli: ['profile', 'plan', 'cluster', 'drivers', 'faults', 'journal', 'audit', 'report', 'run'],
};

describe('boundaries', () => {
  it.each(Object.keys(mayImport))('%s imports only what it may', (area) => {
    const allowed = [area, ...(mayImport[area] ?? [])];
    const wrong = files
      .filter((file) => areaOf(file) === area)
      .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
      .filter(({ target }) => !allowed.includes(areaOf(target)) && !(target === 'errors.ts' && area !== 'broker'));
    expect(wrong).toEqual([]);
  });

  it('every area has its rules', () => {
    const areas = new Set(files.filter((file) => file.includes('/')).map(areaOf));
    expect([...areas].sort()).toEqual(Object.keys(mayImport).sort());
  });

  it('processes are started in one file', () => {
    const starters = files.filter((file) => /from 'execa'|from 'node:child_process'/.test(textOf(file)));
    expect(starters).toEqual(['cluster/process.ts']);
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
