/** How Redis runs here: a redis-server a node, with a configuration and data of its own below the node's folder. */
import { join } from 'node:path';
import type { NodeFile, NodeSpec, OperatorSpec } from '../../cluster/node-spec.ts';
import { type LayoutRequest, type ProgramNeed, unlinked } from '../product.ts';
import { primaryId, redisNodes } from './nodes.ts';
import type { RedisPlan } from './settings.ts';

const host = '127.0.0.1';
const readyMs = 30_000;
/** SIGTERM waits up to `shutdown-timeout` (10 s, Redis 7.0) for replicas that lag, a paused one too. */
const stopMs = 20_000;
const configuration = 'redis.conf';
const data = 'data';
const promotion = 'promote.sh';

interface Place {
  readonly id: string;
  readonly port: number;
  /** Where clients and replicas reach it, `host:port`. */
  readonly advertised: string;
  readonly folder: string;
}

export function redisPrograms({ home }: RedisPlan): ProgramNeed[] {
  const install = 'apt-get install redis-server redis-tools';
  const given = home === undefined ? {} : { home: { given: home } };
  // as packages lay them out, as `make install` does, and where `make` leaves them
  const candidates = (name: string): string[] => (home === undefined ? [name] : [name, `bin/${name}`, `src/${name}`]);
  return [
    {
      name: 'redis-server',
      candidates: candidates('redis-server'),
      ...given,
      version: { args: ['--version'], pattern: /v=(\d+\.\d+\.\d+)/, least: '6.2.0' }, // XAUTOCLAIM's family, XPENDING … IDLE
      install,
    },
    { name: 'redis-cli', candidates: candidates('redis-cli'), ...given, install },
  ];
}

/** Ports are asked for in the order of the nodes: the primary's first. */
export function redisLayout({
  cluster,
  folder,
  port,
  programs,
  advertise = unlinked,
}: LayoutRequest<RedisPlan>): NodeSpec[] {
  const faces = redisNodes(cluster);
  const places = faces.map(({ id }): Place => {
    const own = port();
    return { id, port: own, advertised: advertise(id, `${host}:${own}`), folder: join(folder, id) };
  });
  const [primary] = places;
  if (primary === undefined) throw new Error('there is always a primary');
  return places.map((place, index): NodeSpec => {
    const follows = place === primary ? undefined : primary;
    const files: NodeFile[] = [{ path: configuration, text: configurationOf(place, cluster, follows) }];
    const operator: { operator?: OperatorSpec } = {};
    if (cluster.replicas > 0) {
      files.push({
        path: promotion,
        text: promotionOf(place, places, programs['redis-cli'] ?? 'redis-cli'),
        mode: 0o755,
      });
      operator.operator = { promote: { command: 'sh', args: [join(place.folder, promotion)] } };
    }
    return {
      id: place.id,
      role: faces[index]?.role ?? 'slave',
      address: `${host}:${place.port}`,
      ...(place.advertised === `${host}:${place.port}` ? {} : { advertised: place.advertised }),
      folder: place.folder,
      files,
      prepare: { command: 'mkdir', args: ['-p', join(place.folder, data)], unless: data },
      command: programs['redis-server'] ?? 'redis-server',
      args: [configuration],
      order: place.id === primaryId ? 1 : 2,
      ready: 'driver',
      readyMs,
      stopMs,
      volume: { data: [data] },
      ...operator,
    };
  });
}

function configurationOf({ port }: Place, { fsync }: RedisPlan, follows: Place | undefined): string {
  const lines = [
    `bind ${host}`,
    `port ${port}`,
    'daemonize no',
    // a title is written over the environment, and with it over the mark by which a run that was killed is cleaned up
    'set-proc-title no',
    `dir ./${data}`,
    'save ""', // a snapshot now and then would make "without a file" a matter of luck
    `appendonly ${fsync === 'off' ? 'no' : 'yes'}`,
    ...(fsync === 'off' ? [] : [`appendfsync ${fsync}`]),
    'maxmemory-policy noeviction', // an eviction would be a loss of the test's own making
    'repl-diskless-sync-delay 0', // by default a replica waits 5 s for others to come
    ...(follows === undefined ? [] : [`replicaof ${follows.advertised.replace(':', ' ')}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * What an operator without Sentinel does: REPLICAOF, and the same in the configurations, so that a node that is down
 * comes back as a replica. A node that is paused finds the order in its connection when it goes on.
 */
function promotionOf(place: Place, places: readonly Place[], cli: string): string {
  const others = places.filter((other) => other !== place);
  const lines = [
    '#!/bin/sh',
    `# ${place.id} is to be the primary, and the others are to follow it.`,
    'bound=$(command -v timeout > /dev/null && echo "timeout 2")',
    `ask() { port=$1; shift; $bound ${quoted(cli)} -h ${host} -p "$port" "$@" 2>&1; }`,
    'forget() { grep -v "^replicaof " "$1" > "$1.new"; mv "$1.new" "$1"; }',
    `answer=$(ask ${place.port} replicaof no one)`,
    `case "$answer" in OK*) ;; *) echo "\${answer:-no answer}" >&2; exit 1 ;; esac`,
    `forget ${quoted(join(place.folder, configuration))}`,
    'follow=',
    ...others.flatMap((other) => {
      const file = quoted(join(other.folder, configuration));
      const order = `replicaof ${place.advertised.replace(':', ' ')}`;
      return [
        `forget ${file} && echo '${order}' >> ${file}`,
        `case "$(ask ${other.port} ${order})" in OK*) follow="$follow ${other.id}" ;; esac`,
      ];
    }),
    `echo "{\\"leads\\": \\"${place.id}\\", \\"follow\\": \\"\${follow# }\\"}"`,
  ];
  return `${lines.join('\n')}\n`;
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
