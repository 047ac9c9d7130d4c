/** `mqchaos broker`: the broker that comes with mqchaos, on its own: to point an application at and to break by hand. */
import { Command } from 'commander';
import { drawSeed } from '../../plan/seed.ts';
import { refusePlatform } from '../../run/run.ts';
import { StandingCluster, type StandingStatus } from '../../run/standing/cluster.ts';
import { Control } from '../../run/standing/control.ts';
import { clusterKind } from '../../run/standing/folder.ts';
import { standingSettings } from '../../run/standing/settings.ts';
import { terminalOf, withOutput } from '../options.ts';
import { faultLines, healLines, type OrderOptions, order, stopSignal } from '../order.ts';
import { readyText } from '../standing/ready.ts';
import {
  clientOptions,
  clientsOf,
  clusterOptions,
  portOf,
  type StartOptions,
  settingsOf,
  topicsOf,
} from '../standing/start-options.ts';
import { statusLines } from '../standing/status.ts';
import { asCalled } from '../terminal.ts';

export function brokerCommand(): Command {
  return new Command('broker')
    .description('the broker that comes with mqchaos: point an application at it, and break it from another terminal')
    .addCommand(startCommand())
    .addCommand(faultCommand())
    .addCommand(healCommand())
    .addCommand(statusCommand());
}

function startCommand(): Command {
  const command = new Command('start').description('start brokers and a name server; they end with Ctrl-C');
  return withOutput(clientOptions(clusterOptions(command)), 'one JSON line on stdout when it is ready')
    .addHelpText('after', startExamples)
    .action(start);
}

const startExamples = asCalled(`
Examples:
  mqchaos broker start --masters 2 --topic orders
  mqchaos broker start --masters 2 --slaves 1 --flush sync --replication sync --failover in-sync
  mqchaos broker start --links --masters 2 --topic orders
  mqchaos broker start --folder data --port 9092
  mqchaos broker start --listen 0.0.0.0:9092 --advertise broker.example --tls --sasl @logins.txt`);

const faultExamples = asCalled(`
Examples:
  mqchaos broker fault kill master --for 2s
  mqchaos broker fault power-loss b1,b1s1 torn=true
  mqchaos broker fault disk-slow all delay=200ms --for 10s
  mqchaos broker fault partition b1 --for 5s      with start --links
  mqchaos broker fault latency b1 delay=200ms

Faults are those of mqchaos list faults; targets are names (b1, b1s1, ns), names with commas, or one of the words any, one,
minority, majority, all, master, slave, slaves.`);

function faultCommand(): Command {
  const command = new Command('fault')
    .description('do a fault to a cluster that runs: the only one, or the one of --folder')
    .argument('<fault>', 'what: mqchaos list faults')
    .argument('<target>', 'whom: b1, b1s1, b1,b1s1, master, slave, all …')
    .argument('[parameters...]', 'name=value, such as torn=true')
    .option('--for <duration>', 'heal it after so long, and wait for that (default: until mqchaos broker heal)');
  return withOutput(ofCluster(command), 'one JSON document on stdout')
    .addHelpText('after', faultExamples)
    .action((kind: string, target: string, parameters: readonly string[], options: OrderOptions) => {
      const time = options.for === undefined ? {} : { for: options.for };
      return order(clusterKind, { order: 'fault', do: kind, target, parameters, ...time }, options, faultLines);
    });
}

function healCommand(): Command {
  const command = new Command('heal')
    .description('heal a fault that is in force')
    .argument('[which]', 'the fault (f1) or the node (b1)', 'all');
  return withOutput(ofCluster(command), 'one JSON document on stdout')
    .addHelpText('after', asCalled('\nExamples:\n  mqchaos broker heal\n  mqchaos broker heal f1'))
    .action((which: string, options: OrderOptions) => order(clusterKind, { order: 'heal', which }, options, healLines));
}

function statusCommand(): Command {
  const command = new Command('status').description(
    'say which nodes are up, which faults are in force, and what topics and groups there are',
  );
  return withOutput(ofCluster(command), 'one JSON document on stdout')
    .addHelpText(
      'after',
      asCalled('\nExamples:\n  mqchaos broker status\n  mqchaos broker status --folder data --json'),
    )
    .action((options: OrderOptions) =>
      order(clusterKind, { order: 'status' }, options, (_, said) => statusLines(said as unknown as StandingStatus)),
    );
}

function ofCluster(command: Command): Command {
  return command.option(
    '--folder <dir>',
    'the folder of the cluster, as broker start says it (default: of the only one)',
  );
}

async function start(options: StartOptions): Promise<void> {
  refusePlatform();
  const terminal = terminalOf(options);
  const stopped = stopSignal();
  const { folder } = options;
  const first = portOf(options);
  const clients = clientsOf(options);
  const settings = standingSettings(settingsOf(options));
  const topics = topicsOf(options);
  const { load: loads = [], links: linked = false, seed = drawSeed() } = options;
  const request = { settings, topics, loads, linked, clients, seed };
  await using cluster = await StandingCluster.start(
    { ...request, ...(folder === undefined ? {} : { folder }), ...(first === undefined ? {} : { port: first }) },
    (text) => terminal.say(text),
  );
  await using _control = await Control.open(cluster);
  const { bootstrap, nodes } = cluster.status;
  const { protocol, ca, remarks } = cluster.clients;
  for (const remark of remarks) terminal.say(`! ${remark}`);
  if (options.json === true) {
    const shown = nodes.map(({ id, role, pid, address, folder: own }) => ({ id, role, pid, address, folder: own }));
    const secured = { ...(protocol === 'PLAINTEXT' ? {} : { protocol }), ...(ca === undefined ? {} : { ca }) };
    terminal.result(JSON.stringify({ bootstrap, folder: cluster.folder.path, ...secured, nodes: shown }));
  } else terminal.result(readyText(cluster, topics));
  terminal.say(`${await stopped}: ending the nodes; once more to leave now`);
}
