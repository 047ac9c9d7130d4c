/** How nats-server runs: each node with a configuration file, a store and three ports of its own, on 127.0.0.1 alone. */
import { join } from 'node:path';
import type { NodeSpec } from '../../cluster/node-spec.ts';
import { type LayoutRequest, type ProgramNeed, unlinked } from '../product.ts';
import { nodeIds } from './nodes.ts';
import type { NatsPlan } from './settings.ts';

const serverProgram = 'nats-server';
const host = '127.0.0.1';
const configuration = 'nats.conf';
const store = 'data';
const readyMs = 60_000;

/** `sync_interval` came with 2.10 (server/opts.go): an older server ends at once with `unknown field`. */
export function natsPrograms({ syncInterval, home }: NatsPlan): ProgramNeed[] {
  const asked = syncInterval !== undefined;
  return [
    {
      name: serverProgram,
      candidates: [serverProgram],
      ...(home === undefined ? {} : { home: { given: home } }),
      version: { args: ['--version'], pattern: /v?(\d+\.\d+\.\d+)/, least: asked ? '2.10.0' : '2.9.0' },
      install: asked
        ? 'cluster.syncInterval needs it: give the folder of a newer nats-server as cluster.home, or leave syncInterval out (then: every 2 minutes)'
        : 'apt-get install nats-server',
    },
  ];
}

/** Killing one kills nothing else. The process that is started is the server itself: nats-server does not fork. */
export function layout({ cluster, folder, port, programs, advertise = unlinked }: LayoutRequest<NatsPlan>): NodeSpec[] {
  const command = programs[serverProgram] ?? serverProgram;
  const members = nodeIds(cluster.nodes).map((id): Member => {
    const addresses = { http: `${host}:${port()}`, cluster: `${host}:${port()}` };
    const address = `${host}:${port()}`;
    const route = cluster.nodes === 1 ? addresses.cluster : advertise(id, addresses.cluster, { part: 'cluster' });
    return { id, address, addresses, advertised: advertise(id, address), route };
  });
  return members.map(({ id, address, addresses, advertised }) => {
    const own = join(folder, id);
    return {
      ...{ id, role: 'node', address, addresses, folder: own },
      ...(advertised === address ? {} : { advertised }),
      files: [{ path: configuration, text: configurationOf(id, own, members, cluster) }],
      ...{ command, args: ['-c', configuration], ready: 'driver', readyMs },
      volume: { data: [store] },
    };
  });
}

interface Member {
  readonly id: string;
  readonly address: string;
  readonly addresses: { readonly http: string; readonly cluster: string };
  readonly advertised: string;
  /** Where other servers reach it. */
  readonly route: string;
}

function configurationOf(id: string, folder: string, members: readonly Member[], { syncInterval }: NatsPlan): string {
  const own = members.find((member) => member.id === id);
  const routes = members.map(({ route }) => `"nats://${route}"`).join(', ');
  const sync = typeof syncInterval === 'number' ? `"${syncInterval}ms"` : syncInterval;
  return [
    `server_name: ${id}`,
    `listen: "${own?.address}"`,
    `http: "${own?.addresses.http}"`,
    'jetstream {',
    `  store_dir: ${JSON.stringify(join(folder, store))}`,
    ...(sync === undefined ? [] : [`  sync_interval: ${sync}`]),
    '}',
    // the name is what makes them one cluster; clients are told all addresses by the profile, not by gossip
    ...(members.length === 1
      ? []
      : [
          'cluster {',
          '  name: mqchaos',
          `  listen: "${own?.addresses.cluster}"`,
          `  routes: [${routes}]`,
          ...(own === undefined || own.route === own.addresses.cluster ? [] : [`  advertise: "${own.route}"`]),
          '  no_advertise: true',
          '}',
        ]),
    '',
  ].join('\n');
}
