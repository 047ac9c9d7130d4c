/** How the bundled broker runs: a name server and its brokers, each a process with a folder of its own. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeSpec, Program } from '../../cluster/node-spec.ts';
import { type LayoutRequest, unlinked } from '../product.ts';
import { type Member, membersOf, nameServer } from './nodes.ts';
import type { BundledPlan } from './settings.ts';

const host = '127.0.0.1';
const readyMs = 30_000;

/** Killing one kills nothing else. Ports are asked for in the order of the nodes: the name server's first. */
export function layout({ cluster, folder, port, advertise = unlinked }: LayoutRequest<BundledPlan>): NodeSpec[] {
  const named = `${host}:${port()}`;
  const asked = advertise(nameServer, named);
  return [
    { ...node(nameServer, folder, 'name-server', named, nameServerFlags(cluster)), role: 'name-server', order: 0 },
    ...membersOf(cluster).map((member): NodeSpec => {
      const address = `${host}:${port()}`;
      const advertised = advertise(member.name, address);
      const flags = [
        ...brokerFlags(member, cluster, asked),
        ...(advertised === address ? [] : ['--advertise', advertised]),
      ];
      const spec = node(member.name, folder, 'broker', address, flags);
      return {
        ...spec,
        role: member.role,
        address,
        ...(advertised === address ? {} : { advertised }),
        volume: { cutPower: program('power-cut', '--folder', spec.folder), takesDiskOrders: true },
        operator: { promote: program('promote', '--name-server', named, '--node', String(member.id)) },
      };
    }),
  ];
}

function nameServerFlags({ failover }: BundledPlan): string[] {
  return failover === 'none' ? [] : ['--failover', failover];
}

/** Only what differs from the broker's own defaults: a command line that can be read. */
function brokerFlags({ id, set }: Member, cluster: BundledPlan, named: string): string[] {
  const { flush, flushIntervalMs, thoroughFlushIntervalMs, replication, inSyncReplicas, defects } = cluster;
  return [
    ...['--id', String(id), '--name-server', named],
    ...(set === id ? [] : ['--set', String(set)]),
    ...(flush === 'async' ? [] : ['--flush', flush]),
    ...(flushIntervalMs === 500 ? [] : ['--flush-interval-ms', String(flushIntervalMs)]),
    ...(thoroughFlushIntervalMs === 10_000 ? [] : ['--thorough-flush-interval-ms', String(thoroughFlushIntervalMs)]),
    ...(replication === 'async' ? [] : ['--replication', replication]),
    ...(inSyncReplicas === 1 ? [] : ['--in-sync-replicas', String(inSyncReplicas)]),
    ...defects.flatMap((defect) => ['--defect', defect]),
  ];
}

function node(
  id: string,
  parent: string,
  command: string,
  address: string,
  flags: readonly string[],
): Omit<NodeSpec, 'role'> {
  const folder = join(parent, id);
  const port = address.slice(host.length + 1);
  return {
    id,
    folder,
    ...program(command, '--host', host, '--port', port, '--folder', folder, ...flags, '--exit-with-parent'),
    ready: 'json-line',
    readyMs,
  };
}

/** The broker is a program of its own and always runs compiled, also when this file runs from source in a test. */
function program(command: string, ...flags: readonly string[]): Program {
  const beside = import.meta.url.endsWith('.ts') ? '../../../dist/broker/main.js' : '../../broker/main.js';
  const main = fileURLToPath(new URL(beside, import.meta.url));
  return { command: process.execPath, args: [main, command, ...flags] };
}
