/** `mqchaos doctor`: what works here. `mqchaos doctor clean`: undoes what a killed run left behind. */
import { Command } from 'commander';
import { Engine, engineHere } from '../../cluster/containers/engine.ts';
import { kubectlHere } from '../../cluster/pods/kubectl.ts';
import { processState } from '../../cluster/proc.ts';
import { hasProgram } from '../../cluster/process.ts';
import { findPrograms } from '../../cluster/programs.ts';
import { probeVolume, type VolumeKind } from '../../cluster/volumes/volume-probe.ts';
import { counted } from '../../counted.ts';
import { probeStore } from '../../effects/probe.ts';
import { stores } from '../../effects/registry.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import type { Product } from '../../products/product.ts';
import { products, usualCluster } from '../../products/registry.ts';
import { type CleanResult, clean, cleanable } from '../../run/folder/clean.ts';
import { sweepWorkFolders } from '../../run/folder/temporary.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { shownPath } from '../shown-path.ts';
import { asCalled } from '../terminal.ts';

interface Check {
  readonly name: string;
  readonly works: boolean;
  /** What it is for, or what to do. */
  readonly says: string;
}

export function doctorCommand(): Command {
  const command = new Command('doctor').description('say what works on this machine').addCommand(cleanCommand());
  return withOutput(command, 'one JSON document on stdout')
    .addHelpText('after', asCalled('\nExamples:\n  mqchaos doctor\n  mqchaos doctor clean'))
    .action(async (options: OutputOptions) => {
      const found = await checks();
      const terminal = terminalOf(options);
      terminal.result(options.json === true ? json({ checks: found }) : asCalled(found.map(checkText).join('\n')));
    });
}

function cleanCommand(): Command {
  const command = new Command('clean')
    .description('undo what runs left behind whose mqchaos was killed; touch nothing that is not in their ledgers')
    .argument('[runs...]', 'run folders; without any: the runs here and those that living processes name');
  // an option that the parent command knows too is given to the parent, wherever it stands
  return withOutput(command, 'one JSON document on stdout')
    .addHelpText('after', asCalled('\nExamples:\n  mqchaos doctor clean\n  mqchaos doctor clean .mqchaos/latest'))
    .action(async (runs: readonly string[], _options: unknown, { parent }: Command) =>
      cleanRuns(runs, parent?.opts<OutputOptions>() ?? { color: true }),
    );
}

async function checks(): Promise<Check[]> {
  return [
    {
      name: 'node',
      works: true,
      says: `${process.version} on ${process.platform} ${process.arch}`,
    },
    {
      name: 'linux',
      works: process.platform === 'linux',
      says: 'runs need it; elsewhere mqchaos plans, judges and reports only',
    },
    {
      name: 'process states',
      works: processState(process.pid) !== undefined,
      says: '/proc tells that a fault took hold, and finds what a killed run left',
    },
    ...(await Promise.all((['fuse', 'ext4'] as const).map(volume))),
    ...(await Promise.all(products.filter(({ layout }) => layout !== undefined).map(broker))),
    await program('kcat', '-V', 'a second client to look at a topic with'),
    ...(await Promise.all([
      reached('docker', 'acts on brokers in containers', () => new Engine(engineHere()).version()),
      reached('kubectl', 'acts on brokers in pods', () => kubectlHere().version()),
    ])),
    ...(await Promise.all(stores.map(({ name }) => store(name)))),
  ];
}

/** A broker that a run can start here, or what is missing for it. */
async function broker(product: Product): Promise<Check> {
  const name = `broker ${product.name}`;
  try {
    const paths = Object.values(await findPrograms(product.programs?.(usualCluster(product)) ?? []));
    return { name, works: true, says: [product.title, ...paths].join(', ') };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { name, works: false, says: `${error.message}: ${error.hint ?? ''}` };
  }
}

/** What faults reach attached brokers by. */
async function reached(name: string, purpose: string, ask: () => Promise<string>): Promise<Check> {
  try {
    return { name, works: true, says: `${await ask()}: ${purpose}` };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { name, works: false, says: `${error.message}: ${error.hint ?? ''}` };
  }
}

/** A disk that can be broken on purpose, tried for real. */
async function volume(kind: VolumeKind): Promise<Check> {
  const { works, detail, remedy } = await probeVolume(kind);
  return { name: `volume ${kind}`, works, says: remedy === undefined ? detail : `${detail}: ${remedy}` };
}

/** Where effects of processing can be kept; of servers only what a run could start by itself. */
async function store(name: string): Promise<Check> {
  const { available, detail, remedy } = await probeStore(name);
  return { name: `store ${name}`, works: available, says: remedy === undefined ? detail : `${detail}: ${remedy}` };
}

async function program(name: string, versionFlag: string, says: string): Promise<Check> {
  return { name, works: await hasProgram(name, versionFlag), says };
}

function checkText({ name, works, says }: Check): string {
  return `${works ? '✓ yes' : '– no '}  ${name.padEnd(16)} ${says}`;
}

async function cleanRuns(runs: readonly string[], options: OutputOptions): Promise<void> {
  sweepWorkFolders();
  const results = [];
  for (const folder of cleanable(runs)) results.push(await clean(folder));
  const touched = results.filter(
    ({ alive, undone, distrusted }) => alive || undone.length > 0 || distrusted !== undefined,
  );
  const terminal = terminalOf(options);
  if (options.json === true) terminal.result(json({ runs: touched }));
  else terminal.result(touched.length === 0 ? 'nothing to clean' : touched.flatMap(cleanLines).join('\n'));
  const distrusted = runs.length === 0 ? undefined : touched.find((result) => result.distrusted !== undefined);
  if (distrusted !== undefined) {
    throw new ToolError(`${shownPath(distrusted.run)} is left alone: ${distrusted.distrusted}`, {
      code: 'not-ours',
      hint: 'clean it as the user whose run it was; what others could have written is not carried out',
      exitCode: exitCodes.setup,
    });
  }
  const failed = touched.flatMap(({ undone }) => undone.filter(({ ok }) => !ok));
  if (failed.length > 0) {
    throw new ToolError(`${counted(failed.length, 'thing')} could not be undone`, {
      code: 'not-clean',
      hint: 'see the reasons above; mqchaos doctor clean again when the broker answers',
      exitCode: exitCodes.setup,
    });
  }
}

function cleanLines({ run, alive, undone, distrusted }: CleanResult): string[] {
  const why = alive ? 'its mqchaos is at work' : distrusted;
  return [
    `${shownPath(run)}${why === undefined ? '' : `: left alone, ${why}`}`,
    ...undone.map(({ what, ok }) => `  ${ok ? '✓' : '✗'} ${what}`),
  ];
}

function json(document: unknown): string {
  return JSON.stringify(document, undefined, 2);
}
