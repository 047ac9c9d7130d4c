import { describe, expect, it } from 'vitest';
import { globOf } from '../../src/volume/failures/glob.ts';
import { type Rule, Rules } from '../../src/volume/failures/rules.ts';
import { inOwnNamespace, intoNamespace } from '../../src/volume/namespace.ts';
import { readOptions } from '../../src/volume/options.ts';

const rule: Rule = { name: 'r', on: ['sync'], action: { errno: 'EIO' }, skip: 0, every: 1 };

describe('a rule', () => {
  it.each([
    { counts: {}, hit: [1, 2, 3, 4, 5, 6] },
    { counts: { times: 2 }, hit: [1, 2] },
    { counts: { skip: 2, times: 1 }, hit: [3] },
    { counts: { skip: 1, every: 2 }, hit: [2, 4, 6] },
    { counts: { every: 3, times: 1 }, hit: [1] },
  ])('with $counts hits calls $hit', ({ counts, hit }) => {
    const rules = new Rules();
    rules.set({ ...rule, ...counts });
    const calls = [1, 2, 3, 4, 5, 6].filter(() => rules.decide(['sync'], ['a']) !== undefined);
    expect(calls).toEqual(hit);
    expect(rules.records).toEqual([{ name: 'r', matched: 6, hits: hit.length }]);
  });

  it('is about its operations and paths', () => {
    const rules = new Rules();
    rules.set({ ...rule, path: 'log/*' });
    expect(rules.decide(['write'], ['log/a'])).toBeUndefined();
    expect(rules.decide(['sync'], ['a'])).toBeUndefined();
    expect(rules.decide(['write', 'sync'], ['x', 'log/a'])?.name).toBe('r');
  });

  it('is gone when it is cleared, alone or with all', () => {
    const rules = new Rules();
    rules.set(rule);
    rules.set({ ...rule, name: 's' });
    expect(rules.clear('s')).toEqual([{ name: 's', matched: 0, hits: 0 }]);
    expect(rules.clear('s')).toEqual([]);
    rules.clear();
    expect(rules.isEmpty).toBe(true);
  });
});

describe('a pattern', () => {
  it.each([
    ['*.log', 'a.log', true],
    ['*.log', 'd/a.log', false],
    ['**/*.log', 'a.log', true],
    ['**/*.log', 'd/e/a.log', true],
    ['d/**', 'd/e/a', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a.b', 'axb', false],
    ['t-[0]/(x)', 't-[0]/(x)', true],
  ])('%s of %s: %s', (pattern, path, matches) => {
    expect(globOf(pattern)(path)).toBe(matches);
  });
});

describe('the command line', () => {
  it('has a store, a mount and how old what is written back is', () => {
    expect(readOptions(['--store', '/s', '--mount', '/m'])).toEqual({
      store: '/s',
      mountPoint: '/m',
      writeBackMs: undefined,
    });
    expect(readOptions(['--store', '/s', '--mount', '/m', '--write-back', '30s']).writeBackMs).toBe(30_000);
    expect(() => readOptions(['--mount', '/m'])).toThrow('--store is missing');
    expect(() => readOptions(['--store', '/s', '--mount', '/m', '--write-back', 'soon'])).toThrow(
      'neither worst nor an age',
    );
    expect(() => readOptions(['--stare', '/s'])).toThrow('--stare');
  });

  it('puts a volume into a namespace, and a node into it, as root and as anybody', () => {
    const node = { command: 'node', args: ['main.js'] };
    expect(inOwnNamespace(node, true)).toEqual({ command: 'unshare', args: ['-m', '--', 'node', 'main.js'] });
    expect(inOwnNamespace(node, false).args[0]).toBe('-Urm');
    expect(intoNamespace(7, node, '/d', true).args.slice(0, 4)).toEqual(['-t', '7', '-m', '--']);
    expect(intoNamespace(7, node, '/d', false).args).toContain('--preserve-credentials');
  });
});
