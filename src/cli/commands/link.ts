/** `mqchaos link`: a link on its own before any server, to bend the connections of an application from another terminal. */
import { Command } from 'commander';
import { ToolError } from '../../errors.ts';
import { drawSeed, parseSeed } from '../../plan/seed.ts';
import { protocolNames } from '../../products/registry.ts';
import { refusePlatform } from '../../run/run.ts';
import { Control } from '../../run/standing/control.ts';
import { linkKind } from '../../run/standing/folder.ts';
import { type LinkStatus, StandingLink } from '../../run/standing/link.ts';
import { linkName } from '../../run/standing/order.ts';
import { didYouMean } from '../../suggest.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { faultLines, faultState, healLines, type OrderOptions, order, stopSignal } from '../order.ts';
import { shownPath } from '../shown-path.ts';
import { asCalled } from '../terminal.ts';

interface StartOptions extends OutputOptions {
  readonly listen?: string;
  readonly protocol?: string;
  readonly seed?: number;
}

export function linkCommand(): Command {
  const command = new Command('link')
    .description(
      'a link before any server: let an application connect through it, and break that from another terminal',
    )
    // status and heal have options of the same names
    .enablePositionalOptions()
    .argument('<address>', 'the server, host:port')
    .option(
      '--listen <port>',
      'where the application is to connect: a port of 127.0.0.1, or host:port (default: a free one)',
    )
    .option('--protocol <name>', `that the server speaks, for faults on single requests: ${protocolNames().join(', ')}`)
    .option('--seed <number>', 'decides whatever is random in a fault (default: drawn)', parseSeed)
    .addCommand(faultCommand())
    .addCommand(healCommand())
    .addCommand(statusCommand());
  return withOutput(command, 'one JSON line on stdout when it is ready').addHelpText('after', examples).action(start);
}

const examples = asCalled(`
Examples:
  mqchaos link localhost:5432
  mqchaos link localhost:6379 --listen 16379
  mqchaos link fault latency delay=200ms jitter=50ms --for 10s
  mqchaos link fault partition
  mqchaos link localhost:9092 --protocol ${protocolNames()[0]}
  mqchaos link fault lost-answer api=produce times=3
  mqchaos link heal`);

function faultCommand(): Command {
  const command = new Command('fault')
    .description('do a fault to a link that runs: the only one, or the one of --folder')
    .argument('<fault>', 'what: partition, latency, reset …, those of mqchaos list faults that are done to connections')
    .argument('[parameters...]', 'name=value, such as delay=200ms')
    .option('--for <duration>', 'heal it after so long, and wait for that (default: until mqchaos link heal)');
  return withOutput(ofLink(command), 'one JSON document on stdout')
    .addHelpText(
      'after',
      asCalled('\nExamples:\n  mqchaos link fault bandwidth rate=64KiB\n  mqchaos link fault reset'),
    )
    .action((kind: string, parameters: readonly string[], options: OrderOptions) => {
      const time = options.for === undefined ? {} : { for: options.for };
      return order(linkKind, { order: 'fault', do: kind, target: linkName, parameters, ...time }, options, faultLines);
    });
}

function healCommand(): Command {
  const command = new Command('heal')
    .description('heal a fault that is in force')
    .argument('[which]', 'the fault (f1)', 'all');
  return withOutput(ofLink(command), 'one JSON document on stdout')
    .addHelpText('after', asCalled('\nExamples:\n  mqchaos link heal\n  mqchaos link heal f1'))
    .action((which: string, options: OrderOptions) => order(linkKind, { order: 'heal', which }, options, healLines));
}

function statusCommand(): Command {
  const command = new Command('status').description('say where the link is, and which faults are in force');
  return withOutput(ofLink(command), 'one JSON document on stdout')
    .addHelpText('after', asCalled('\nExamples:\n  mqchaos link status'))
    .action((options: OrderOptions) =>
      order(linkKind, { order: 'status' }, options, (_, said) => statusLines(said as unknown as LinkStatus)),
    );
}

function ofLink(command: Command): Command {
  return command.option('--folder <dir>', 'the folder of the link, as mqchaos link says it (default: of the only one)');
}

async function start(target: string, options: StartOptions): Promise<void> {
  refusePlatform();
  const terminal = terminalOf(options);
  const stopped = stopSignal();
  const request = { target: addressOf(target), seed: options.seed ?? drawSeed() };
  const listen = options.listen === undefined ? {} : { listen: listenOf(options.listen) };
  const protocol = options.protocol === undefined ? {} : { protocol: protocolOf(options.protocol) };
  await using link = await StandingLink.start({ ...request, ...listen, ...protocol }, (text) => terminal.say(text));
  await using _control = await Control.open(link);
  const { listen: at, folder } = link.status;
  if (options.json === true) terminal.result(JSON.stringify({ listen: at, target: request.target, folder }));
  else terminal.result(readyText(link.status));
  terminal.say(`${await stopped}: ending the link; once more to leave now`);
}

function readyText({ listen, target, folder }: LinkStatus): string {
  return asCalled(
    [
      `link ready: ${listen} leads to ${target}`,
      '',
      `  folder     ${shownPath(folder)} (temporary: removed at the end)`,
      '',
      '  mqchaos link fault latency delay=200ms --for 10s     from another terminal',
      '  mqchaos link status',
      '  Ctrl-C                                               ends it',
    ].join('\n'),
  );
}

function statusLines({ listen, target, folder, faults }: LinkStatus): string[] {
  return [
    `link       ${listen} leads to ${target}`,
    `folder     ${shownPath(folder)}`,
    ...faults.map((fault) => faultState(fault, linkKind.command)),
  ];
}

const addressForm = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):(\d{1,5})$/;

function addressOf(text: string): string {
  const port = Number(addressForm.exec(text)?.[2] ?? 0);
  if (port > 0 && port < 65_536) return text;
  throw new ToolError(`expected the address of a server, host:port, got '${text}'`, {
    code: 'usage',
    hint: 'such as mqchaos link localhost:5432; orders are fault, heal and status',
  });
}

function protocolOf(name: string): string {
  if (protocolNames().includes(name)) return name;
  throw new ToolError(`--protocol: no protocol '${name}' that links read${didYouMean(name, protocolNames())}`, {
    code: 'usage',
    hint: `they read ${protocolNames().join(', ')}`,
  });
}

function listenOf(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65_536) return `127.0.0.1:${text}`;
  if (addressForm.test(text)) return text;
  throw new ToolError(`--listen: expected a port or host:port, got '${text}'`, { code: 'usage' });
}
