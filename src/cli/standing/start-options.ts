/** The options of `mqchaos broker start`, and what they ask for. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ToolError } from '../../errors.ts';
import { parseSeed } from '../../plan/seed.ts';
import type { ClientsWanted } from '../../run/standing/clients/clients.ts';
import { readLogins } from '../../run/standing/clients/logins.ts';
import { type Place, parsePlace } from '../../run/standing/clients/place.ts';
import type { Load } from '../../run/standing/load/load.ts';
import type { OutputOptions } from '../options.ts';
import type { Topic } from './ready.ts';

export interface StartOptions extends OutputOptions {
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

/** What the cluster is, and what is in it. */
export function clusterOptions(command: Command): Command {
  return command
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
    .option(
      '--seed <number>',
      'decides whom a word like one means, and where a write is torn (default: drawn)',
      parseSeed,
    );
}

/** Where clients reach it, and what they must bring. */
export function clientOptions(command: Command): Command {
  return command
    .option(
      '--listen <host[:port]>',
      'where clients connect: 0.0.0.0, ::1, [::]:9092, a name (default: 127.0.0.1)',
      place,
    )
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
    );
}

/** Those that were asked for, and those that are to be filled. */
export function topicsOf({ topic: asked = [], load: loads = [] }: StartOptions): readonly Topic[] {
  const others = loads.filter(({ topic }) => asked.every((one) => one.topic !== topic));
  return [...asked, ...others.map(({ topic }) => ({ topic, partitions: usualPartitions }))];
}

/** Of the first broker. */
export function portOf({ port: asked, listen }: StartOptions): number | undefined {
  if (asked !== undefined && listen?.port !== undefined && asked !== listen.port) {
    throw usage(`--listen says port ${listen.port}, and --port ${asked}`, 'give one of the two');
  }
  return asked ?? listen?.port;
}

export function clientsOf(options: StartOptions): ClientsWanted {
  const { listen, advertise, tls, tlsCert, tlsKey, sasl = [] } = options;
  if (options.links === true && (listen !== undefined || advertise !== undefined)) {
    const which = listen === undefined ? '--advertise' : '--listen';
    throw usage(
      `${which} does not go with --links, which stand before the brokers on 127.0.0.1`,
      'leave one of them out',
    );
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
export function settingsOf(options: StartOptions): Record<string, unknown> {
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
  throw new InvalidArgumentError(
    'expected a host, or host:port with a port from 1 to 65000; IPv6 in brackets: [::1]:9092.',
  );
}

function places(value: string): readonly Place[] {
  return value.split(',').map((one) => place(one.trim()));
}

function usage(message: string, hint: string): ToolError {
  return new ToolError(message, { code: 'usage', hint });
}
