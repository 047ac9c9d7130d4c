/** `mqchaos explain [RUN] [MESSAGE]`: the story of one message, or of the worst of each class. */
import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { messageOf } from '../../errors.ts';
import { Explainer } from '../../explain/explain.ts';
import { isMessageName } from '../../explain/message-name.ts';
import { type Story, storyVersion } from '../../explain/story.ts';
import { renderShort, renderStory } from '../../explain/text.ts';
import type { ClusterPlan } from '../../products/cluster.ts';
import type { RunRecord } from '../../report/record.ts';
import { storyCommand } from '../../report/words/command.ts';
import { findRun, type RunFolder } from '../../run/folder/folder.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { journalsIn } from '../run-journals.ts';
import { shownPath } from '../shown-path.ts';
import { asCalled, type Terminal } from '../terminal.ts';

export function explainCommand(): Command {
  const command = new Command('explain')
    .description('the story of a message: its attempts, faults, receipts, what became of it, and how sure that is')
    .argument('[run]', 'a run folder, or `latest`', 'latest')
    .argument('[message]', 'as findings call it: p1.1#41, or p1:41; by default the worst of each class that was found');
  return withOutput(command, 'one JSON document on stdout: the story (docs/records.md)')
    .addHelpText('after', asCalled(examples))
    .action(explain);
}

const examples = `
Examples:
  mqchaos explain
  mqchaos explain p1:41
  mqchaos explain .mqchaos/runs/2026-01-02T03-04-05-7 p1:41 --json`;

async function explain(first: string, second: string | undefined, options: OutputOptions): Promise<void> {
  const [run, message] = askedFor(first, second);
  const folder = findRun(run);
  using explainer = await Explainer.open({
    journals: journalsIn(folder),
    findings: folder.findings,
    nodes: folder.nodes,
    ...clusterOf(folder),
  });
  const terminal = terminalOf(options);
  const json = options.json === true;
  if (message !== undefined) return tell(await explainer.message(message), terminal, json);
  await tellWorst(explainer, folder, terminal, json);
}

/** A message alone is one of the latest run. */
function askedFor(first: string, second: string | undefined): [run: string, message: string | undefined] {
  return second === undefined && !existsSync(first) && isMessageName(first) ? ['latest', first] : [first, second];
}

function tell(story: Story, terminal: Terminal, json: boolean): void {
  if (json) return terminal.result(JSON.stringify(story, undefined, 2));
  terminal.result(renderStory(story, terminal));
}

/** Of each class that was found, its first example: the worst, as the audit keeps them. */
async function tellWorst(explainer: Explainer, folder: RunFolder, terminal: Terminal, json: boolean): Promise<void> {
  const { readRecord } = await import('../read-record.ts');
  const record: RunRecord = readRecord(folder);
  const told: [name: string, story: Story][] = [];
  for (const { class: name, examples } of record.findings) {
    const example = examples.find(({ message }) => message !== undefined);
    const story = example === undefined ? undefined : await explainer.finding(example);
    if (story !== undefined) told.push([name, story]);
  }
  if (json) {
    const stories = told.map(([, story]) => story);
    return terminal.result(JSON.stringify({ version: storyVersion, run: record.run, stories }, undefined, 2));
  }
  if (told.length === 0)
    return terminal.result('nothing was found of any message; name one: mqchaos explain RUN p1:41');
  const texts = told.map(([name, story]) => {
    const command = asCalled(storyCommand(shownPath(folder.path), story.message));
    return renderShort(story, name, command, terminal);
  });
  terminal.result(texts.join('\n\n'));
}

/** The product decides what its nodes' files tell. A plan that cannot be read costs these, and nothing else; the story says so. */
function clusterOf({ plan }: RunFolder): { cluster: ClusterPlan } | { noCluster: string } {
  try {
    const { cluster } = JSON.parse(readFileSync(plan, 'utf8')) as { cluster?: ClusterPlan };
    if (typeof cluster?.broker === 'string') return { cluster };
    throw new Error('it names no broker');
  } catch (error) {
    return { noCluster: `plan.json, so that the files of the nodes tell nothing: ${messageOf(error)}` };
  }
}
