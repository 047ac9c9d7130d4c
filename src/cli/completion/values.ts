/** What a value may be, by its kind: the name that it has in the help of its command. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledProfiles, findingProfiles, findProfile } from '../../profile/text/find.ts';
import type { RunRecord } from '../../report/record.ts';
import type { Values } from './complete.ts';
import type { Vocabulary, Word } from './tree.ts';

/**
 * @param folder in which the command line is written.
 * @param mark between the producer of a message and its number.
 */
export function valuesIn(
  folder: string,
  vocabulary: Vocabulary,
  mark: ':' | '#',
): (kind: string, given: readonly string[]) => Values {
  const looked: Readonly<Record<string, (given: readonly string[]) => Values>> = {
    profile: () => ({ words: [...bundledProfiles(), ...findingProfiles()].map(profileWord), paths: 'files' }),
    run: () => ({ words: runs(folder), paths: 'folders' }),
    runs: () => ({ words: runs(folder), paths: 'folders' }),
    message: ([run = 'latest']) => ({ words: messages(folder, run, mark) }),
    file: () => ({ words: [], paths: 'files' }),
    dir: () => ({ words: [], paths: 'folders' }),
  };
  return (kind, given) => looked[kind]?.(given) ?? { words: vocabulary[kind] ?? [] };
}

/** Its question, read without a parser: most profiles have it on a line of its own. */
function profileWord(name: string): Word {
  const description = /^question: (.*)$/m.exec(findProfile(name).source)?.[1];
  return { word: name, ...(description === undefined ? {} : { description }) };
}

/** `latest` and the newest first. */
function runs(folder: string): Word[] {
  const home = join('.mqchaos', 'runs');
  try {
    const names = readdirSync(join(folder, home)).sort().reverse();
    return [
      { word: 'latest', description: 'the newest run' },
      ...names.map((name) => runWord(folder, join(home, name))),
    ];
  } catch {
    return []; // nothing was run here
  }
}

function runWord(folder: string, run: string): Word {
  try {
    const { name, question } = JSON.parse(readFileSync(join(folder, run, 'plan.json'), 'utf8')) as Record<
      string,
      string
    >;
    return { word: run, description: `${name}: ${question}` };
  } catch {
    return { word: run }; // a run that has only begun, or a folder that is none
  }
}

/** The worst of each class that was found in a run, which have a story to tell. */
function messages(folder: string, run: string, mark: string): Word[] {
  for (const home of run === 'latest' ? ['.mqchaos'] : ['', join('.mqchaos', 'runs')]) {
    try {
      const { findings } = JSON.parse(readFileSync(join(folder, home, run, 'record.json'), 'utf8')) as Pick<
        RunRecord,
        'findings'
      >;
      return findings.flatMap(({ class: description, examples }) =>
        examples.flatMap(({ message }) =>
          message === undefined ? [] : [{ word: message.replace('#', mark), description }],
        ),
      );
    } catch {
      // no run of that name is there, or it was not judged
    }
  }
  return [];
}
