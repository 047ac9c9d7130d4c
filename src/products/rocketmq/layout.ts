/** How RocketMQ runs: each server a JVM of its own, with its files, its home and its temporary files in its own folder. */
import { join } from 'node:path';
import type { NodeSpec, Program } from '../../cluster/node-spec.ts';
import { type Advertise, type LayoutRequest, unlinked } from '../product.ts';
import {
  type BrokerPorts,
  brokerConfiguration,
  nameServerConfiguration,
  type Place,
  proxyConfiguration,
} from './configuration.ts';
import { type Member, membersOf, nameServer, needsProxy, proxy, roleOf } from './nodes.ts';
import type { RocketmqPlan } from './settings.ts';

const host = '127.0.0.1';
/** A broker registers the port that it listens at, at whatever address it is told: a link has the same port at another one. */
const linkHost = '127.0.0.2';
/** Three to five seconds on an idle machine, four times as long on a busy one; with a controller twice that. */
const readyMs = 180_000;
/** A broker that is told to end takes 9 to 16 s. */
const stopMs = 40_000;

type Request = LayoutRequest<RocketmqPlan>;

/**
 * The name server first; then masters, then slaves: a slave learns its master's address when it registers, and one that is
 * too early waits for its next turn. The proxy last: it exits when no master is registered.
 */
export function layout(request: Request): NodeSpec[] {
  const { cluster, folder, port } = request;
  const namePort = port();
  const controllerPort = cluster.controller ? port() : undefined;
  const named = advertised(request)(nameServer, `${host}:${namePort}`);
  const place = (name: string): Place => ({
    folder: join(folder, name),
    named,
    controller: controllerPort === undefined ? undefined : `${host}:${controllerPort}`,
  });
  const members = membersOf(cluster).map((member) => ({ member, ports: brokerPorts(port) }));
  const sources = cluster.controller ? new Map<string, string>() : replicationLinks(members, request);
  const brokers = members.map(({ member, ports }) => {
    const source = member.brokerId === 0 ? undefined : sources.get(member.set);
    return brokerSpec(member, place(member.name), request, { ...ports, ...(source === undefined ? {} : { source }) });
  });
  return [
    nameServerSpec(namePort, place(nameServer), request),
    ...brokers,
    ...(needsProxy(cluster) ? [proxySpec(place(proxy), request)] : []),
  ];
}

function advertised({ advertise = unlinked }: Request): Advertise {
  return advertise;
}

function nameServerSpec(port: number, place: Place, request: Request): NodeSpec {
  // the controller's log is a second memory
  const heap =
    place.controller === undefined ? ['-Xms32m', '-Xmx96m'] : ['-Xms64m', '-Xmx192m', '-XX:MaxDirectMemorySize=256m'];
  return {
    ...{ id: nameServer, role: 'name-server', address: `${host}:${port}`, order: 0 },
    ...(place.named === `${host}:${port}` ? {} : { advertised: place.named }),
    files: [{ path: 'namesrv.conf', text: nameServerConfiguration(port, request.cluster, place) }],
    ...java(
      place.folder,
      'org.apache.rocketmq.namesrv.NamesrvStartup',
      heap,
      ['-c', join(place.folder, 'namesrv.conf')],
      request,
    ),
  };
}

type Ports = Omit<BrokerPorts, 'host'>;

/**
 * By set: the link before the port at which slaves copy, which is open at every address, so that none can have it at another
 * one. Slaves are told by their configuration; with a controller nobody knows before whose slave one is.
 */
function replicationLinks(
  members: readonly { readonly member: Member; readonly ports: Ports }[],
  request: Request,
): ReadonlyMap<string, string> {
  if (request.cluster.slaves === 0) return new Map();
  const masters = members.filter(({ member }) => member.brokerId === 0);
  return new Map(
    masters.flatMap(({ member: { name, set }, ports }): [string, string][] => {
      const address = `${host}:${ports.replication}`;
      const reached = advertised(request)(name, address, { part: 'replication' });
      return reached === address ? [] : [[set, reached]];
    }),
  );
}

function brokerSpec(member: Member, place: Place, request: Request, ports: Ports): NodeSpec {
  const { name, set, brokerId } = member;
  const address = `${host}:${ports.listen}`;
  const advertise = advertised(request);
  const reached = advertise(name, address, { host: linkHost });
  const linked = reached !== address;
  // slaves ask their master at its second port (BrokerOuterAPI: brokerVIPChannel)
  advertise(name, `${host}:${ports.listen - 2}`, { part: 'fast', host: linkHost });
  // each thread that reads or writes messages has a buffer of 4 MiB, of which it touches little: with 256 MiB in all the
  // timer's threads get none, and what POP hid never comes again
  const heap = ['-Xms96m', '-Xmx256m', '-XX:MaxDirectMemorySize=1g'];
  const { slaves, controller } = request.cluster;
  const restored = brokerId === 0 && slaves > 0 && !controller;
  return {
    ...{ id: name, role: roleOf(member), address, order: 1 + Math.min(1, brokerId) },
    ...(linked ? { advertised: reached } : {}),
    ...(ports.source === undefined ? {} : { addresses: { source: ports.source } }),
    files: [
      {
        path: 'broker.conf',
        text: brokerConfiguration(member, request.cluster, { ...ports, host: reached.split(':')[0] ?? host }, place),
      },
    ],
    ...(restored
      ? { prepare: { ...restore(join(request.folder, `${set}s1`), place.folder), unless: 'store/commitlog' } }
      : {}),
    ...java(
      place.folder,
      'org.apache.rocketmq.broker.BrokerStartup',
      heap,
      ['-c', join(place.folder, 'broker.conf')],
      request,
    ),
    volume: { data, mount: 'store' },
  };
}

function proxySpec(place: Place, request: Request): NodeSpec {
  const [grpc, remoting] = [request.port(), request.port()];
  const address = `${host}:${grpc}`;
  const reached = advertised(request)(proxy, address);
  const linked = reached !== address;
  const heap = ['-Xms64m', '-Xmx192m', '-XX:MaxDirectMemorySize=512m'];
  const args = ['-n', place.named, '-pm', 'cluster', '-pc', join(place.folder, 'proxy.json')];
  return {
    ...{ id: proxy, role: 'proxy', address, order: 3 },
    ...(linked ? { advertised: reached } : {}),
    files: [{ path: 'proxy.json', text: proxyConfiguration({ grpc, remoting, linked }, place) }],
    ...java(place.folder, 'org.apache.rocketmq.proxy.ProxyStartup', heap, args, request),
  };
}

/** Small and quick to start; no --add-opens is needed on Java 17. Logs, keys and native libraries go into the folder. */
function java(folder: string, main: string, heap: readonly string[], args: readonly string[], { programs }: Request) {
  return {
    folder,
    command: programs.java ?? 'java',
    args: [
      ...heap,
      ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Xss512k'],
      ...[`-Duser.home=${folder}`, `-Drocketmq.home.dir=${folder}`, `-Djava.io.tmpdir=${folder}`],
      ...['-cp', `${programs.rocketmq}/*`, main],
      ...args,
    ],
    environment: { ROCKETMQ_HOME: folder },
    ready: 'driver' as const,
    ...{ readyMs, stopMs },
  };
}

/**
 * A broker also listens two below its port. Ports are given in ascending order, most often without a gap: of six there are
 * nearly always three in a row.
 */
function brokerPorts(port: () => number): Ports {
  const ports = Array.from({ length: 6 }, port);
  const row = ports.findIndex((each, at) => ports[at + 1] === each + 1 && ports[at + 2] === each + 2);
  const at = row < 0 ? 0 : row;
  return { listen: ports[at + 2] ?? 0, replication: ports[at + 1] ?? 0 };
}

/** What goes with the disk. Topics and groups stay: whoever replaces a disk also makes them again, from his own records. */
const data = [
  ...['commitlog', 'consumequeue', 'index', 'timerwheel', 'timerlog', 'rocksdbstore', 'checkpoint', 'abort', 'lock'],
  ...['abort.bak', 'epochFileCheckpoint', 'epochFileCheckpoint.bak', 'config/timercheck'],
  ...['consumerOffset.json', 'consumerFilter.json', 'consumerOrderInfo.json', 'delayOffset.json', 'timermetrics']
    .flatMap((name) => [name, `${name}.bak`])
    .map((name) => `config/${name}`),
].map((path) => `store/${path}`);

/**
 * A master that has lost its disk gets it back from its slave, as an operator does it without a controller: by itself an
 * empty master stays empty, and its slave keeps what nobody is given.
 */
function restore(slave: string, master: string): Program {
  const script = [
    'if [ -d "$0/store/commitlog" ]; then',
    'mkdir -p "$1/store" && cp -a "$0/store/." "$1/store/" && rm -f "$1/store/lock" && echo "restored from $0/store";',
    'else mkdir -p "$1/store/commitlog" && echo "begins empty"; fi',
  ].join(' ');
  return { command: '/bin/sh', args: ['-c', script, slave, master] };
}
