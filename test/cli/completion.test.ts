import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { answer } from '../../src/cli/completion/answer.ts';
import { commandTree } from '../../src/cli/completion/tree.ts';
import { vocabulary } from '../../src/cli/completion/vocabulary.ts';
import { createProgram } from '../../src/cli/program.ts';
import { packageFolder } from '../../src/cluster/program.ts';
import { products } from '../../src/products/registry.ts';

const folder = mkdtempSync(join(tmpdir(), 'mqchaos-completion-'));
const run = '.mqchaos/runs/2026-01-02T03-04-05-7';
mkdirSync(join(folder, run), { recursive: true });
writeFileSync(join(folder, run, 'plan.json'), '{"name":"quick","question":"Is it?"}');
mkdirSync(join(folder, '.mqchaos/runs/2026-01-02T03-04-05-8'));
const findings = [
  {
    class: 'lost',
    examples: [
      { class: 'lost', message: 'p1.1#41' },
      { class: 'lost', message: 'p2.1#7' },
    ],
  },
  { class: 'unavailable', examples: [{ class: 'unavailable', fault: 'f1' }] },
];
writeFileSync(join(folder, run, 'record.json'), JSON.stringify({ findings }));
symlinkSync('runs/2026-01-02T03-04-05-7', join(folder, '.mqchaos/latest'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = { tree: commandTree(await createProgram()), vocabulary: vocabulary() };

/** Words, without what describes them. */
function offered(line: string, shell = 'zsh'): string[] {
  return answer(shell, line.split(' '), folder, file)
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => text.split('\t')[0] ?? '');
}

const brokers = products.map(({ name }) => name);

describe('completion', () => {
  it('of a message in bash has no colon, at which bash breaks words', () => {
    expect(offered('explain latest p1', 'bash')).toEqual(['p1.1#41']);
  });

  it.each<[string, readonly string[]]>([
    ['ru', ['run', 'runs']],
    ['run qui', ['quick', ':files']],
    ['run quick --se', ['--seed', '--set']],
    ['run quick --seed 7 --se', ['--set']],
    ['run quick --set a=b --se', ['--seed', '--set']],
    ['run quick --broker ', brokers],
    ['run quick --broker k', ['kafka']],
    ['run quick --broker=k', ['--broker=kafka']],
    ['run quick --seed ', []],
    ['run --plan ', [':files']],
    ['run --out ', [':folders']],
    ['run quick -- --se', []],
    ['report ', ['latest', '.mqchaos/runs/2026-01-02T03-04-05-8', run, ':folders']],
    ['report l', ['latest', ':folders']],
    ['explain latest ', ['p1.1:41', 'p2.1:7']],
    [`explain ${run} p2`, ['p2.1:7']],
    ['explain 2026-01-02T03-04-05-7 p1', ['p1.1:41']],
    ['explain .mqchaos/runs/2026-01-02T03-04-05-8 ', ['--json', '--quiet', '--no-color', '--help']],
    ['query --format ', ['table', 'csv', 'json', 'ndjson']],
    ['query l', ['latest', ':folders']],
    ['doctor clean latest .mqchaos/runs/2026-01-02T03-04-05-7', [run, ':folders']],
    ['broker st', ['start', 'status']],
    ['broker start --flush ', ['async', 'sync']],
    ['broker fault power', ['power-loss']],
    ['broker fault kill ma', ['majority', 'master']],
    ['broker status ', ['--folder', '--json', '--quiet', '--no-color', '--help']],
    ['matrix --only retry red', ['redelivery', 'redis-set', 'redis-id']],
    ['matrix --only retry --re', ['--repeat', '--resume']],
    ['list fi', ['findings']],
    ['nosuch ', ['--version', '--help']],
  ])('%s', (line, words) => {
    expect(offered(line)).toEqual(words);
  });

  it('of bash, which breaks a word at `=`', () => {
    expect(offered('run quick --broker = k', 'bash')).toEqual(['kafka']);
    expect(offered('run quick --broker = ', 'bash')).toEqual(brokers);
    expect(offered('run quick --broker =', 'bash')).toEqual(brokers);
  });

  it('says what each is', () => {
    expect(answer('fish', ['report', '.mqchaos/runs/2026-01-02T03-04-05-7'], folder, file)).toBe(
      `${run}\tquick: Is it?\n:folders\n`,
    );
  });

  it('knows every command that there is, and each of their options', async () => {
    const program = await createProgram();
    for (const command of program.commands) {
      expect(offered('')).toContain(command.name());
      const flags = command.options.map(({ long }) => long);
      expect(offered(`${command.name()} -`)).toEqual(expect.arrayContaining(flags));
    }
  });
});

it('Tab loads no library, and of mqchaos only what finds profiles', () => {
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    const text = readFileSync(join(packageFolder, 'src', path), 'utf8');
    for (const [, target = ''] of text.matchAll(/^import (?!type)[^;]*? from '([^']+)';/gms)) {
      if (target.startsWith('.')) load(join(path, '..', target));
      else loaded.add(target);
    }
  };
  load('cli/completion/answer.ts');
  const others = [...loaded].filter((each) => !each.startsWith('cli/completion/') && !each.startsWith('node:'));
  expect(others.sort()).toEqual(['errors.ts', 'profile/text/find.ts', 'suggest.ts']);
});
