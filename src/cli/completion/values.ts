/** What a value may be, by its kind: the name that it has in the help of its command. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledProfiles, findingProfiles, findProfile } from '../../profile/find.ts';
import type { Values } from './complete.ts';
import type { Vocabulary, Word } from './tree.ts';

/** @param folder in which the command line is written. */
export function valuesIn(folder: string, vocabulary: Vocabulary): (kind: string) => Values {
  const looked: Readonly<Record<string, () => Values>> = {
    profile: () => ({ words: [...bundledProfiles(), ...findingProfiles()].map(profileWord), paths: 'files' }),
    run: () => ({ words: runs(folder), paths: 'folders' }),
    runs: () => ({ words: runs(folder), paths: 'folders' }),
    file: () => ({ words: [], paths: 'files' }),
    dir: () => ({ words: [], paths: 'folders' }),
  };
  return (kind) => looked[kind]?.() ?? { words: vocabulary[kind] ?? [] };
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
