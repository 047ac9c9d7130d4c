/** `mqchaos broker`: the broker that comes with mqchaos, on its own: to point an application at and to break by hand. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { ToolError } from '../../errors.ts';
import { drawSeed, parseSeed } from '../../plan/seed.ts';
import { refusePlatform } from '../../run/run.ts';
import type { ClientsWanted } from '../../run/standing/clients/clients.ts';
import { readLogins } from '../../run/standing/clients/logins.ts';
import { type Place, parsePlace } from '../../run/standing/clients/place.ts';
import { StandingCluster, type StandingStatus } from '../../run/standing/cluster.ts';
import { Control } from '../../run/standing/control.ts';
import type { Load } from '../../run/standing/load/load.ts';
import { clusterKind } from '../../run/standing/folder.ts';
import { standingSettings } from '../../run/standing/settings.ts';
import { readyText, type Topic } from '../broker-ready.ts';
import { statusLines } from '../broker-status.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { faultLines, healLines, type OrderOptions, order, stopSignal } from '../order.ts';
import { asCalled } from '../terminal.ts';

interface StartOptions extends OutputOptions {
  readonly masters?: string;
  readonly slaves?: string;
  readonly flush?: string;
  readonly flushInterval?: string;
  readonly thoroughFlushInterval?: string;
  readonly replication?: string;
  readonly failover?: string;
  readonly inSyncReplicas?: string;
  readonly links?: boolean;
  readonly defect?: readonly string[];
  readonly autoCreate?: string | true;
  readonly topic?: readonly Topic[];
  readonly load?: readonly Load[];
  readonly folder?: string;
  readonly port?: number;
  readonly listen?: Place;
  readonly advertise?: readonly Place[];
  readonly tls?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly sasl?: readonly string[];
  readonly seed?: number;
}

const usualPartitions = 8;

export function brokerCommand(): Command {
  return new Command('broker')
    .description('the broker that comes with mqchaos: point an application at it, and break it from another terminal')
    .addCommand(startCommand())
    .addCommand(faultCommand())
    .addCommand(healCommand())
    .addCommand(statusCommand());
}

function startCommand(): Command {
  const command = new Command('start')
    .description('start brokers and a name server; they end with Ctrl-C')
    .option('--masters <count>', 'brokers that share the partitions (default: 1)')
    .option('--slaves <count>', 'slaves of each (default: 0)')
    .option('--flush <async|sync>', 'whether an acknowledgement waits for the disk (default: async)')
    .option('--flush-interval <duration>', 'with flush async (default: 500ms)')
    .option('--thorough-flush-interval <duration>', 'with flush async, however little was written (default: 10s)')
    .option('--replication <async|sync>', 'whether it waits for the slaves (default: async)')
    .option('--failover <none|in-sync|unclean>', 'who leads when a master is gone (default: none)')
    .option('--in-sync-replicas <count>', 'with replication sync: copies without which a write is refused (default: 1)')
    .option('--links', 'every node behind a link, so that connections can be broken: partition, latency, reset …')
    .option(
      '--auto-create [partitions]',
      `make a topic when a client asks for one that is not there (default: of ${usualPartitions} partitions)`,
    )
    .option('--defect <name>', 'a way in which the brokers lie; may be repeated', collect)
    .option(
      '--topic <name[:partitions]>',
      `make a topic (default: of ${usualPartitions}); may be repeated`,
      collectTopic,
    )
    .option(
      '--load <topic=file>',
      'fill a topic, which is made if it is not there, from a file of NDJSON; may be repeated',
      collectLoad,
    )
    .option('--folder <dir>', 'keep everything here and use it again (default: temporary, removed at the end)')
    .option(
      '--port <number>',
      'of the first broker, the others follow (default: free ones, or those of --folder)',
      port,
    )
    .option('--listen <host[:port]>', 'where clients connect: 0.0.0.0, ::1, [::]:9092, a name (default: 127.0.0.1)', place)
    .option(
      '--advertise <host[:port]>',
      'what clients are told instead, from in a container or behind a proxy; with commas one for each broker',
      places,
    )
    .option('--tls', 'clients speak TLS, with a certificate that is made')
    .option('--tls-cert <file>', 'the same, with a certificate of your own (PEM)')
    .option('--tls-key <file>', 'its key')
    .addOption(
      new Option(
        '--sasl [user:password]',
        'clients log in; @FILE or the name of a variable for such lines (default: MQCHAOS_SASL); may be repeated',
      )
        .preset('MQCHAOS_SASL')
        .argParser(collect),
    )
    .option(
      '--seed <number>',
      'decides whom a word like one means, and where a write is torn (default: drawn)',
      parseSeed,
    );
  return withOutput(command, 'one JSON line on stdout when it is ready')
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
  const loads = options.load ?? [];
  const topics = topicsOf(options.topic ?? [], loads);
  const request = { settings, topics, loads, linked: options.links === true, clients, seed: options.seed ?? drawSeed() };
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

/** Those that were asked for, and those that are to be filled. */
function topicsOf(asked: readonly Topic[], loads: readonly Load[]): readonly Topic[] {
  const others = loads.filter(({ topic }) => asked.every((one) => one.topic !== topic));
  return [...asked, ...others.map(({ topic }) => ({ topic, partitions: usualPartitions }))];
}

/** Of the first broker. */
function portOf({ port: asked, listen }: StartOptions): number | undefined {
  if (asked !== undefined && listen?.port !== undefined && asked !== listen.port) {
    throw usage(`--listen says port ${listen.port}, and --port ${asked}`, 'give one of the two');
  }
  return asked ?? listen?.port;
}

function clientsOf(options: StartOptions): ClientsWanted {
  const { listen, advertise, tls, tlsCert, tlsKey, sasl = [] } = options;
  if (options.links === true && (listen !== undefined || advertise !== undefined)) {
    const which = listen === undefined ? '--advertise' : '--listen';
    throw usage(`${which} does not go with --links, which stand before the brokers on 127.0.0.1`, 'leave one of them out');
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw usage('--tls-cert and --tls-key go together', 'give both; --tls alone makes a certificate');
  }
  const own = tlsCert !== undefined && tlsKey !== undefined ? { cert: tlsCert, key: tlsKey } : undefined;
  const secured = own ?? (tls === true ? ('made' as const) : undefined);
  return {
    ...(listen === undefined ? {} : { listen }),
    ...(advertise === undefined ? {} : { advertise }),
    ...(secured === undefined ? {} : { tls: secured }),
    logins: readLogins(sasl),
  };
}

/** Keys of a profile's `cluster`, as given: numbers where they are numbers, so that what is wrong is told as there. */
function settingsOf(options: StartOptions): Record<string, unknown> {
  const { masters, slaves, inSyncReplicas, autoCreate, defect } = options;
  const { flush, flushInterval, thoroughFlushInterval, replication, failover } = options;
  return {
    masters: numeric(masters),
    slaves: numeric(slaves),
    inSyncReplicas: numeric(inSyncReplicas),
    autoCreate: autoCreate === true ? usualPartitions : numeric(autoCreate),
    ...{ flush, flushInterval, thoroughFlushInterval, replication, failover },
    defects: defect,
  };
}

function numeric(text: string | undefined): number | string | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : text;
}

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function collectTopic(value: string, before: readonly Topic[] | undefined): Topic[] {
  const [, topic, partitions = usualPartitions] = /^([A-Za-z0-9._-]{1,249})(?::(\d{1,5}))?$/.exec(value) ?? [];
  if (topic === undefined || Number(partitions) < 1 || Number(partitions) > 10_000) {
    throw new InvalidArgumentError('expected a name, or name:partitions with 1 to 10000.');
  }
  return [...(before ?? []), { topic, partitions: Number(partitions) }];
}

function collectLoad(value: string, before: readonly Load[] | undefined): Load[] {
  const [, topic, file] = /^([A-Za-z0-9._-]{1,249})=(.+)$/s.exec(value) ?? [];
  if (topic === undefined || file === undefined) throw new InvalidArgumentError('expected topic=file.');
  if (before?.some((load) => load.topic === topic)) {
    throw new InvalidArgumentError(`${topic} is filled from one file.`);
  }
  return [...(before ?? []), { topic, file }];
}

function port(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 65_000) return number;
  const hint = 'the nodes take this port and those that follow; without it they take free ones';
  throw usage(`--port: expected a port from 1 to 65000, got '${value}'`, hint);
}

function place(value: string): Place {
  const parsed = parsePlace(value);
  if (parsed !== undefined && (parsed.port ?? 1) <= 65_000) return parsed;
  throw new InvalidArgumentError('expected a host, or host:port with a port from 1 to 65000; IPv6 in brackets: [::1]:9092.');
}

function places(value: string): readonly Place[] {
  return value.split(',').map((one) => place(one.trim()));
}

function usage(message: string, hint: string): ToolError {
  return new ToolError(message, { code: 'usage', hint });
}
