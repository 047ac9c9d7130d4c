import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processStart } from '../../src/cluster/proc.ts';
import { newChoices } from '../../src/matrix/choices.ts';
import { makeMatrixFolder, matrixFolder, readChoices } from '../../src/matrix/folder.ts';
import { findMeasures } from '../../src/matrix/measures.ts';
import { ResultsFile } from '../../src/matrix/results-file.ts';
import { stepsOf } from '../../src/matrix/step.ts';
import { cleanable } from '../../src/run/folder/clean.ts';
import { own } from '../../src/run/folder/owner.ts';
import { result } from './support/results.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mqchaos-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const choices = newChoices({
  seed: 7,
  repeat: 2,
  only: ['retry'],
  set: ['limit=1m'],
  cluster: false,
  allowRemote: false,
});

describe('the folder', () => {
  it('keeps what was asked for', () => {
    const folder = makeMatrixFolder(choices, join(home, 'm'));
    expect(readChoices(matrixFolder(join(home, 'm')))).toEqual(choices);
    expect(() => makeMatrixFolder(choices, folder.path)).toThrow(/not empty/);
  });

  it('of somebody else, or of another version, is refused', () => {
    expect(() => readChoices(matrixFolder(home))).toThrow(/is not a matrix of mqchaos/);
    writeFileSync(join(home, 'choices.json'), 'hello');
    expect(() => readChoices(matrixFolder(home))).toThrow(/choices\.json/);
    writeFileSync(join(home, 'choices.json'), JSON.stringify({ ...choices, version: 99 }));
    expect(() => readChoices(matrixFolder(home))).toThrow(/choices\.json: version/);
  });

  it('belongs to one living process at a time', () => {
    const folder = makeMatrixFolder(choices, join(home, 'm'));
    own(folder.path);
    own(folder.path);
    writeFileSync(
      join(folder.path, 'owner.json'),
      JSON.stringify({ pid: process.ppid, start: processStart(process.ppid) }),
    );
    expect(() => own(folder.path)).toThrow(/is at work there/);
    writeFileSync(
      join(folder.path, 'owner.json'),
      JSON.stringify({ pid: process.ppid, start: 'another life of this number' }),
    );
    own(folder.path);
  });

  it('is cleaned run by run', () => {
    mkdirSync(join(home, 'runs', 'retry-on-01'), { recursive: true });
    writeFileSync(join(home, 'runs', 'retry-on-01', 'ledger.ndjson'), '');
    expect(cleanable([home]).map(({ path }) => path)).toEqual([join(home, 'runs', 'retry-on-01')]);
  });
});

describe('results', () => {
  it('are there again, and a line that was cut off is not', () => {
    const path = join(home, 'results.ndjson');
    {
      using file = new ResultsFile(path);
      file.add(result('retry', 'on'));
      file.add(result('retry', 'off'));
    }
    const text = readFileSync(path, 'utf8');
    appendFileSync(path, text.slice(0, 40));
    using file = new ResultsFile(path);
    expect(file.all).toEqual([result('retry', 'on'), result('retry', 'off')]);
    file.add(result('retry', 'on', 2));
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4);
    expect(new ResultsFile(path).all).toHaveLength(3);
  });

  it('with a line that is none name it', () => {
    const path = join(home, 'results.ndjson');
    writeFileSync(path, `${JSON.stringify(result('retry', 'on'))}\nhello\n`);
    expect(() => new ResultsFile(path)).toThrow(/results\.ndjson:2/);
  });
});

describe('steps', () => {
  it('give both halves one seed, whatever else is run, and every measure a turn before any a second', () => {
    const all = stepsOf(findMeasures([]), 7, 3);
    const one = stepsOf(findMeasures(['retry']), 7, 2);
    expect(all.filter(({ measure, repetition }) => measure === 'retry' && repetition < 3)).toEqual(one);
    expect(one.map(({ half, repetition, folder }) => [half, repetition, folder])).toEqual([
      ['on', 1, 'runs/retry-on-01'],
      ['off', 1, 'runs/retry-off-01'],
      ['on', 2, 'runs/retry-on-02'],
      ['off', 2, 'runs/retry-off-02'],
    ]);
    const [on, off, again] = one.map(({ seed }) => seed);
    expect([on === off, on === again]).toEqual([true, false]);
    expect(all.map(({ repetition }) => repetition)).toEqual(all.map(({ repetition }) => repetition).sort());
    expect(new Set(all.map(({ seed }) => seed)).size).toBe(36);
    expect(stepsOf(findMeasures(['retry']), 8, 1)[0]?.seed).not.toBe(on);
  });
});
