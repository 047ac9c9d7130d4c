/** `mqchaos list`: what there is, each with one sentence. */
import { Argument, Command } from 'commander';
import type { Fault } from '../../faults/fault.ts';
import { formats } from '../../journal/import/formats/registry.ts';
import { type Measure, measures } from '../../matrix/measures.ts';
import { products } from '../../products/registry.ts';
import { loadProfile } from '../../profile/load.ts';
import { bundledProfiles, findingProfiles } from '../../profile/text/find.ts';
import { hanging, longest } from '../../report/words/layout.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { asCalled } from '../terminal.ts';

/** A thing that can be named in a profile, with one sentence. */
export interface Listed {
  readonly name: string;
  readonly summary: string;
  /** What it can be told in a profile, beside what all of its kind can. */
  readonly parameters?: readonly { readonly name: string; readonly summary: string }[];
}

export interface Registries {
  readonly faults: readonly Pick<Fault, 'name' | 'summary' | 'parameters'>[];
  readonly brokers: readonly Listed[];
}

const kinds = ['profiles', 'findings', 'faults', 'brokers', 'measures', 'formats'] as const;
type Kind = (typeof kinds)[number];

export function listCommand(registries: Registries): Command {
  const command = new Command('list')
    .description('list profiles, findings, faults, brokers, measures and formats of records, each with one sentence')
    .addArgument(new Argument('[kind]', 'what to list (default: everything)').choices(kinds));
  return withOutput(command, 'one JSON document on stdout')
    .addHelpText(
      'after',
      asCalled('\nExamples:\n  mqchaos list\n  mqchaos list profiles\n  mqchaos list faults --json'),
    )
    .action((kind: Kind | undefined, options: OutputOptions) => {
      const lists = (kind === undefined ? kinds : [kind]).map((name) => ({ name, items: itemsOf(name, registries) }));
      const terminal = terminalOf(options);
      terminal.result(options.json === true ? json(lists) : text(lists, terminal.listColumns));
    });
}

interface List {
  readonly name: Kind;
  readonly items: readonly Listed[];
}

function itemsOf(kind: Kind, registries: Registries): readonly Listed[] {
  if (kind === 'brokers') return registries.brokers.map(({ name, summary }) => ({ name, summary }));
  if (kind === 'faults') return registries.faults.map(listedFault);
  if (kind === 'measures') return measures.map(listedMeasure);
  if (kind === 'formats') return formats.map(({ name, summary }) => ({ name, summary }));
  // A profile's sentence is the question it asks.
  const names = kind === 'findings' ? findingProfiles() : bundledProfiles();
  return names.map((name) => ({ name, summary: loadProfile(name).question }));
}

function listedMeasure({ name, title, fault, harm, profiles }: Measure): Listed {
  const namesOf = (pair: Measure['profiles']): string => pair.map(([, profile]) => profile).join(', ');
  const there = products
    .flatMap((product) =>
      [false, true].flatMap((attached) => {
        const own = product.measure?.(name, attached)?.profiles;
        const where = attached ? 'on your own' : 'on';
        return own === undefined ? [] : [`; ${where} ${product.title} ${namesOf(own)}`];
      }),
    )
    .join('');
  return { name, summary: `${title}: ${fault}; prevents ${harm.join(', ')} (${namesOf(profiles)}${there})` };
}

function listedFault({ name, summary, parameters }: Registries['faults'][number]): Listed {
  const own = Object.entries(parameters?.shape ?? {}).map(([key, schema]) => ({
    name: key,
    // a description opens with the fault's name, for editors that show it beside those of other faults
    summary: (schema as { description?: string }).description?.replace(`${name}: `, '') ?? '',
  }));
  return own.length === 0 ? { name, summary } : { name, summary, parameters: own };
}

function json(lists: readonly List[]): string {
  return JSON.stringify(Object.fromEntries(lists.map(({ name, items }) => [name, items])), undefined, 2);
}

function text(lists: readonly List[], columns: number): string {
  const width = longest(lists.flatMap(({ items }) => items.map((item) => item.name)));
  const blocks = lists.map(({ name, items }) => {
    const lines = items.flatMap((item) => [
      ...hanging(`  ${item.name.padEnd(width)}  `, item.summary, columns),
      ...(item.parameters ?? []).flatMap((own) =>
        hanging(`  ${''.padEnd(width)}  `, `${own.name}: ${own.summary}`, columns),
      ),
    ]);
    return [name, ...lines].join('\n');
  });
  return blocks.join('\n\n');
}
