/**
 * `mqchaos complete SHELL -- WORDS`: what a shell asks at every Tab, so it loads nothing that is not needed. One candidate
 * a line, with a tab and its description; `:files` and `:folders` ask the shell for its own.
 */
import { readFileSync } from 'node:fs';
import { complete, type Values } from './complete.ts';
import type { CommandTree, Vocabulary } from './tree.ts';
import { valuesIn } from './values.ts';

export interface CompletionFile {
  readonly tree: CommandTree;
  readonly vocabulary: Vocabulary;
}

export function answer(shell: string, words: readonly string[], folder: string, file: CompletionFile): string {
  const whole = shell === 'bash' ? joined(words) : words;
  // bash breaks a word at a colon too
  const values = valuesIn(folder, file.vocabulary, shell === 'bash' ? '#' : ':');
  const { words: found, paths } = complete(file.tree, whole, values);
  return [...found.map((each) => line(each, shell)), ...(paths === undefined ? [] : [`:${paths}`])]
    .map((text) => `${text}\n`)
    .join('');
}

function line({ word, description }: Values['words'][number], shell: string): string {
  // bash has taken `--broker=` for a word of its own
  const shown = shell === 'bash' ? word.replace(/^--[^=]+=/, '') : word;
  return description === undefined ? shown : `${shown}\t${description.replaceAll(/\s+/g, ' ')}`;
}

/** bash breaks a word at `=`: `--broker=ka` comes as three. */
function joined(words: readonly string[]): string[] {
  const whole: string[] = [];
  for (const [at, word] of words.entries()) {
    if (whole.length > 0 && (word === '=' || words[at - 1] === '=')) whole.push(`${whole.pop()}${word}`);
    else whole.push(word);
  }
  return whole;
}

/** As a program: what was built is beside this file. Whatever goes wrong, a shell that completes is not disturbed. */
export function answerShell(args: readonly string[]): void {
  const [shell = '', , ...words] = args;
  try {
    const file = JSON.parse(readFileSync(new URL('commands.json', import.meta.url), 'utf8')) as CompletionFile;
    process.stdout.write(answer(shell, words, process.cwd(), file));
  } catch {
    process.exitCode = 1;
  }
}
