/** `mqchaos init`: a first profile for a broker that is found here, and a file that runs it in CI. */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { ToolError } from '../../errors.ts';
import { type CiServer, ciFiles, ciServers } from '../../init/ci.ts';
import { findBroker } from '../../init/found.ts';
import { profileText } from '../../init/profile.ts';
import { type NewFile, writeNew } from '../../init/write.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { asCalled } from '../terminal.ts';

interface InitOptions extends OutputOptions {
  readonly broker?: string;
  readonly attach?: string;
  readonly from?: string;
  readonly ci?: CiServer;
  readonly profile: string;
  readonly ciFile?: string;
}

const examples = `
Examples:
  mqchaos init
  mqchaos init --attach localhost:9092 --ci github
  mqchaos init --from docker-compose.yml`;

export function initCommand(): Command {
  const command = new Command('init')
    .description(
      'write a first profile for a broker of a compose file here or one that is installed; with --ci also what runs it there',
    )
    .option('--broker <name>', 'for this broker: mqchaos list brokers')
    .option('--attach <address>', 'for the broker that is at this address, host:port')
    .option('--from <file>', 'for the brokers of this compose file, with faults on their containers')
    .addOption(new Option('--ci <server>', 'also write the file that runs it there').choices(ciServers))
    .option('--profile <file>', 'what the profile is to be called', parseFile, 'mqchaos.yaml')
    .option('--ci-file <file>', 'what the file for CI is to be called (default: where the server looks for it)');
  return withOutput(command, 'one JSON document on stdout: what was written')
    .addHelpText('after', asCalled(examples))
    .action(init);
}

async function init({ broker, attach, from, ci, profile, ciFile, ...output }: InitOptions): Promise<void> {
  if (from !== undefined && attach !== undefined) {
    throw new ToolError('--from and --attach do not go together', {
      code: 'from-and-attach',
      hint: 'a compose file has the addresses of its brokers: leave out --attach',
    });
  }
  const found = await findBroker({ broker, address: attach, from, folder: process.cwd() });
  const files: NewFile[] = [{ path: profile, text: profileText(found, profile), option: '--profile' }];
  if (ci !== undefined) {
    const { path, text } = ciFiles[ci];
    files.push({ path: ciFile ?? path, text: text({ found, profile, depends: dependsOnUs() }), option: '--ci-file' });
  }
  writeNew(files);
  const terminal = terminalOf(output);
  const { product, address, how, others, nodes = [], unclear = [] } = found;
  if (output.json === true) {
    const where = address === undefined ? {} : { address };
    const written = files.map(({ path }) => path);
    const more = { ...(nodes.length === 0 ? {} : { nodes }), ...(unclear.length === 0 ? {} : { unclear }) };
    return terminal.result(JSON.stringify({ broker: product.name, ...where, ...more, how, written }, undefined, 2));
  }
  const lines = [
    ...files.map(({ path }) => `wrote ${path}`),
    `for   ${product.title}: ${how}`,
    ...nodes.map(({ id, address: at, service }) => `node  ${id}: service ${service}, at ${at}`),
    ...unclear.map((sentence) => `look  ${sentence}`),
    ...others.map((line) => `or    ${line}`),
    '',
    `see what it would do   mqchaos plan ${profile}`,
    `run it                 mqchaos run ${profile}`,
  ];
  terminal.result(asCalled(lines.join('\n')));
}

/** The package of this folder names us. */
function dependsOnUs(): boolean {
  try {
    const own = JSON.parse(readFileSync('package.json', 'utf8'));
    return own?.dependencies?.mqchaos !== undefined || own?.devDependencies?.mqchaos !== undefined;
  } catch {
    return false; // no package, or none that anybody could read
  }
}

/** It is written into shell lines of several languages. */
function parseFile(text: string): string {
  if (/^[\w./-]+\.ya?ml$/.test(text)) return text;
  throw new ToolError(
    `--profile: expected a path of letters, digits, dots and dashes that ends in .yaml, got '${text}'`,
    {
      code: 'profile-name',
      hint: '--profile chaos/mqchaos.yaml',
    },
  );
}
