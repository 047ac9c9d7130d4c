/** How the bundled broker runs: a name server and its brokers, each a process with a folder of its own. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeSpec, Program } from '../../cluster/node-spec.ts';
import type { ClusterSettings } from '../cluster.ts';
import { type ClientEntry, type LayoutRequest, unlinked } from '../product.ts';
import { volumeOf } from '../volume.ts';
import { type Member, membersOf, nameServer } from './nodes.ts';
import type { BundledPlan } from './settings.ts';

const host = '127.0.0.1';
const readyMs = 30_000;
/** The largest payload of a profile, 1 MiB, with room for what is around it: Kafka's usual limit has none. */
export const largestBatchBytes = 1024 * 1024 + 64 * 1024;
/** Where a broker keeps all, if it is to be on a disk that is not its own account of one. */
const data = 'data';

/** Killing one kills nothing else. Ports are asked for in the order of the nodes: the name server's first. */
export function layout(request: LayoutRequest<BundledPlan>): NodeSpec[] {
  const { cluster, folder, port, advertise = unlinked, clients } = request;
  const named = `${host}:${port()}`;
  const asked = advertise(nameServer, named);
  return [
    { ...node(nameServer, folder, 'name-server', named, nameServerFlags(cluster)), role: 'name-server', order: 0 },
    ...membersOf(cluster).map((member, index): NodeSpec => {
      const address = `${host}:${port()}`;
      const linked = advertise(member.name, address);
      // links have addresses of their own, and lead here alone
      const advertised = (linked === address ? clients?.advertised[index] : undefined) ?? linked;
      const flags = [
        ...brokerFlags(member, cluster, asked),
        ...(linked === address ? [] : ['--advertise', linked]),
        ...(advertised === linked ? [] : ['--advertise-clients', advertised]),
        ...entryFlags(clients, address),
      ];
      const spec = node(member.name, folder, 'broker', address, flags, isOnVolume(cluster));
      return {
        ...spec,
        role: member.role,
        address,
        ...(advertised === address ? {} : { advertised }),
        volume: { mount: data, cutPower: program('power-cut', '--folder', spec.folder), takesDiskOrders: true },
        operator: {
          promote: program('promote', '--name-server', named, '--node', String(member.id), ...secretFlag(folder)),
        },
      };
    }),
  ];
}

function isOnVolume(cluster: ClusterSettings): boolean {
  return volumeOf(cluster) !== undefined;
}

function nameServerFlags({ failover }: BundledPlan): string[] {
  return failover === 'none' ? [] : ['--failover', failover];
}

/** Only what differs from the broker's own defaults: a command line that can be read. */
function brokerFlags({ id, set }: Member, cluster: BundledPlan, named: string): string[] {
  const { flush, flushIntervalMs, thoroughFlushIntervalMs, replication, inSyncReplicas, autoCreate, defects } = cluster;
  return [
    ...['--id', String(id), '--name-server', named, '--max-batch-bytes', String(largestBatchBytes)],
    ...(set === id ? [] : ['--set', String(set)]),
    ...(flush === 'async' ? [] : ['--flush', flush]),
    ...(flushIntervalMs === 500 ? [] : ['--flush-interval-ms', String(flushIntervalMs)]),
    ...(thoroughFlushIntervalMs === 10_000 ? [] : ['--thorough-flush-interval-ms', String(thoroughFlushIntervalMs)]),
    ...(replication === 'async' ? [] : ['--replication', replication]),
    ...(autoCreate === undefined ? [] : ['--auto-create', String(autoCreate)]),
    ...(inSyncReplicas === 1 ? [] : ['--in-sync-replicas', String(inSyncReplicas)]),
    ...defects.flatMap((defect) => ['--defect', defect]),
  ];
}

/** Other nodes reach it at 127.0.0.1 in any case. */
function entryFlags(clients: ClientEntry | undefined, address: string): string[] {
  if (clients === undefined) return [];
  const { listen, certificate, users } = clients;
  const everywhere = listen.find((one) => one === '0.0.0.0' || one === '::');
  return [
    ...(everywhere === undefined
      ? listen.filter((one) => one !== host).flatMap((one) => ['--listen', one])
      : ['--host', everywhere, '--advertise', address]),
    ...(certificate === undefined ? [] : ['--tls-cert', certificate.cert, '--tls-key', certificate.key]),
    ...(users === undefined ? [] : ['--users-file', users]),
  ];
}

function node(
  id: string,
  parent: string,
  command: string,
  address: string,
  flags: readonly string[],
  onVolume = false,
): Omit<NodeSpec, 'role'> {
  const folder = join(parent, id);
  const kept = onVolume ? join(folder, data) : folder;
  const port = address.slice(host.length + 1);
  return {
    id,
    folder,
    ...program(
      command,
      ...['--host', host, '--port', port, '--folder', kept],
      ...flags,
      ...secretFlag(parent),
      '--exit-with-parent',
    ),
    ready: 'json-line',
    readyMs,
  };
}

/** In a file, because a command line can be read by everybody. The first of the nodes makes it, beside their folders. */
function secretFlag(parent: string): string[] {
  return ['--secret-file', secretFile(parent)];
}

export function secretFile(parent: string): string {
  return join(parent, 'members', 'secret');
}

/** The broker is a program of its own and always runs compiled, also when this file runs from source in a test. */
function program(command: string, ...flags: readonly string[]): Program {
  const beside = import.meta.url.endsWith('.ts') ? '../../../dist/broker/main.js' : '../../broker/main.js';
  const main = fileURLToPath(new URL(beside, import.meta.url));
  return { command: process.execPath, args: [main, command, ...flags] };
}
