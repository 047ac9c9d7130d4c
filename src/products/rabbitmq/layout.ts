/**
 * How RabbitMQ runs as nodes of ours: a port mapper in the foreground, then the brokers, each with its own data, logs and
 * configuration in its folder. The cookie by which they trust each other is made once, in the port mapper's folder.
 *
 * Erlang starts a port mapper as a daemon where it finds none, which would outlive the run: `-start_epmd false` in
 * ERL_ZFLAGS, which every Erlang program of ours inherits, forbids it.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeSpec } from '../../cluster/node-spec.ts';
import { type LayoutRequest, unlinked } from '../product.ts';
import { configuration } from './configuration.ts';
import { brokerNames, erlangName, portMapper } from './nodes.ts';
import { commandScript, cookieScript, rejoinScript } from './scripts.ts';
import type { RabbitmqPlan } from './settings.ts';

const host = '127.0.0.1';
/** Takes epmd's place where links stand between the nodes: a node connects to another where its port mapper tells it to. */
const linkedPortMapper = fileURLToPath(new URL('../../../dist/products/rabbitmq/port-mapper.js', import.meta.url));
/** A node that comes back waits for the others: they may have to start, too. */
const readyMs = 180_000;
const stopMs = 60_000;

/** Ports are asked for in the order of the nodes: the port mapper's, then of each broker that of clients and that of peers. */
export function layout({
  cluster,
  folder,
  port,
  programs,
  advertise = unlinked,
}: LayoutRequest<RabbitmqPlan>): NodeSpec[] {
  const { 'rabbitmq-server': server = 'rabbitmq-server', epmd = 'epmd' } = programs;
  const mapperPort = port();
  const home = join(folder, portMapper, 'home');
  const erlang = erlangEnvironment(home, mapperPort);
  const ids = brokerNames(cluster.nodes);
  const places = ids.map((id): Place => {
    const address = `${host}:${port()}`;
    const peers = `${host}:${port()}`;
    const met = ids.length === 1 ? peers : advertise(id, peers, { part: 'peers' });
    // clients are told nothing by the broker: they connect where they are told to
    return { id, address, advertised: advertise(id, address), peers, met };
  });
  const linked = places.some(({ peers, met }) => met !== peers);
  const askedPort = linked ? port() : mapperPort;
  const mapper: NodeSpec = {
    id: portMapper,
    role: 'support',
    folder: join(folder, portMapper),
    addresses: { epmd: `${host}:${mapperPort}` },
    prepare: { ...cookieScript(home), unless: 'home/.erlang.cookie' },
    ...(linked
      ? {
          command: process.execPath,
          args: [linkedPortMapper, host, ...[mapperPort, askedPort].map(String), ...met(places)],
        }
      : { command: epmd, args: ['-port', String(mapperPort), '-address', host] }),
    environment: erlang,
    order: 0,
    ready: 'driver',
    readyMs: 10_000,
  };
  const brokers = places.map((place): NodeSpec => {
    const { id, address, advertised } = place;
    const own = join(folder, id);
    // what an operator asks goes past the links
    const environment = { ...erlang, ...brokerEnvironment(place, own) };
    return {
      id,
      role: 'node',
      address,
      ...(advertised === address ? {} : { advertised }),
      folder: own,
      files: [
        { path: 'rabbitmq.conf', text: configuration(cluster, ids, address) },
        { path: 'enabled_plugins', text: '[].\n' },
        { path: 'rabbitmqctl', text: commandScript(environment, dirname(server), 'rabbitmqctl'), mode: 0o755 },
        { path: 'rabbitmq-queues', text: commandScript(environment, dirname(server), 'rabbitmq-queues'), mode: 0o755 },
        { path: 'rejoin', text: rejoinScript(id, ids, epmd), mode: 0o755 },
      ],
      ...(ids.length === 1
        ? {}
        : {
            prepare: {
              command: join(own, 'rejoin'),
              args: [],
              environment,
              boundMs: readyMs,
              unless: join('data', erlangName(id)),
            },
          }),
      command: server,
      args: [],
      environment: { ...environment, ERL_EPMD_PORT: String(askedPort) },
      ready: 'driver',
      readyMs,
      stopMs,
      volume: { data: ['data'], mount: 'data' },
    };
  });
  return [mapper, ...brokers];
}

function erlangEnvironment(home: string, mapperPort: number): Record<string, string> {
  return {
    HOME: home,
    ERL_EPMD_PORT: String(mapperPort),
    ERL_EPMD_ADDRESS: host,
    ERL_ZFLAGS: '-start_epmd false',
  };
}

interface Place {
  readonly id: string;
  /** Where it listens for clients, and where these are to connect. */
  readonly address: string;
  readonly advertised: string;
  /** Where it listens for other nodes, and where these are to connect. */
  readonly peers: string;
  readonly met: string;
}

function met(places: readonly Place[]): string[] {
  return places.map(({ id, met: address }) => `${id}=${portOf(address)}`);
}

function portOf(address: string): string {
  return address.slice(host.length + 1);
}

function brokerEnvironment({ id, address, peers }: Place, folder: string): Record<string, string> {
  const loopback = '-kernel inet_dist_use_interface {127,0,0,1}';
  return {
    RABBITMQ_NODENAME: erlangName(id),
    RABBITMQ_NODE_IP_ADDRESS: host,
    RABBITMQ_NODE_PORT: portOf(address),
    RABBITMQ_DIST_PORT: portOf(peers),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'data', 'config'),
    // the machine's own settings are for the machine's own broker
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: loopback,
    // it is the caller: nobody has to find it
    RABBITMQ_CTL_ERL_ARGS: `${loopback} -dist_listen false`,
    // so the script ends in exec: the process that we have started is the broker, and signals reach it
    RUNNING_UNDER_SYSTEMD: 'true',
    NOTIFY_SOCKET: '',
  };
}
