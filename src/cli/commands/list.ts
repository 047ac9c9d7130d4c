/** `mqchaos list`: what there is, each with one sentence. */
import { Argument, Command } from 'commander';
import { bundledProfiles } from '../../profile/find.ts';
import { loadProfile } from '../../profile/load.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';

/** A thing that can be named in a profile, with one sentence. */
export interface Listed {
  readonly name: string;
  readonly summary: string;
}

export interface Registries {
  readonly faults: readonly Listed[];
  readonly drivers: readonly Listed[];
}

const kinds = ['profiles', 'faults', 'drivers'] as const;
type Kind = (typeof kinds)[number];

export function listCommand(registries: Registries): Command {
  const command = new Command('list')
    .description('list profiles, faults and drivers, each with one sentence')
    .addArgument(new Argument('[kind]', 'what to list (default: everything)').choices(kinds));
  return withOutput(command, 'one JSON document on stdout').action((kind: Kind | undefined, options: OutputOptions) => {
    const lists = (kind === undefined ? kinds : [kind]).map((name) => ({ name, items: itemsOf(name, registries) }));
    terminalOf(options).result(options.json === true ? json(lists) : text(lists));
  });
}

interface List {
  readonly name: Kind;
  readonly items: readonly Listed[];
}

function itemsOf(kind: Kind, registries: Registries): readonly Listed[] {
  if (kind !== 'profiles') return registries[kind].map(({ name, summary }) => ({ name, summary }));
  // A profile's sentence is the question it asks.
  return bundledProfiles().map((name) => ({ name, summary: loadProfile(name).question }));
}

function json(lists: readonly List[]): string {
  return JSON.stringify(Object.fromEntries(lists.map(({ name, items }) => [name, items])), undefined, 2);
}

function text(lists: readonly List[]): string {
  const width = Math.max(0, ...lists.flatMap(({ items }) => items.map((item) => item.name.length)));
  const blocks = lists.map(({ name, items }) => {
    const lines = items.map((item) => `  ${item.name.padEnd(width)}  ${item.summary}`);
    return [name, ...lines].join('\n');
  });
  return blocks.join('\n\n');
}
