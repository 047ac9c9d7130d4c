/** The broker that comes with mqchaos: the Kafka protocol, and the processes that serve it here. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeSpec, Program } from '../cluster/node-spec.ts';
import type { BrokerSettings, Driver, LayoutRequest } from './driver.ts';
import { kafkaProtocol } from './kafkajs/protocol.ts';

export const bundled: Driver = { ...kafkaProtocol('bundled'), layout };

const host = '127.0.0.1';
const readyMs = 30_000;
/** Node ids of a set are this far apart: slave 2 of set 3 is node 35. */
const idStep = 16;

/** A broker of a set: its name in profiles, its number for clients. */
interface Member {
  readonly name: string;
  readonly id: number;
  readonly set: number;
}

/** A name server and its brokers, masters first, each a process with a folder of its own: killing one kills nothing else. */
function layout({ settings, folder, port }: LayoutRequest): NodeSpec[] {
  const nameServer = `${host}:${port()}`;
  return [
    { ...node('ns', folder, 'name-server', nameServer, nameServerFlags(settings)), role: 'name-server' },
    ...membersOf(settings).map((member): NodeSpec => {
      const address = `${host}:${port()}`;
      const spec = node(member.name, folder, 'broker', address, brokerFlags(member, settings, nameServer));
      return {
        ...spec,
        role: member.id === member.set ? 'master' : 'slave',
        address,
        powers: {
          cutPower: program('power-cut', '--folder', spec.folder),
          promote: program('promote', '--name-server', nameServer, '--node', String(member.id)),
        },
      };
    }),
  ];
}

function membersOf({ masters, slaves }: BrokerSettings): Member[] {
  const sets = Array.from({ length: masters }, (_, index) => index + 1);
  const slavesOf = (set: number): Member[] =>
    Array.from({ length: slaves }, (_, index) => ({
      name: `b${set}s${index + 1}`,
      id: set + idStep * (index + 1),
      set,
    }));
  return [...sets.map((set) => ({ name: `b${set}`, id: set, set })), ...sets.flatMap(slavesOf)];
}

function nameServerFlags({ failover }: BrokerSettings): string[] {
  return failover === 'none' ? [] : ['--failover', failover];
}

/** Only what differs from the broker's own defaults: a command line that can be read. */
function brokerFlags({ id, set }: Member, settings: BrokerSettings, nameServer: string): string[] {
  const { flush, flushIntervalMs, thoroughFlushIntervalMs, replication, inSyncReplicas, defects } = settings;
  return [
    ...['--id', String(id), '--name-server', nameServer],
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
  const beside = import.meta.url.endsWith('.ts') ? '../../dist/broker/main.js' : '../broker/main.js';
  const main = fileURLToPath(new URL(beside, import.meta.url));
  return { command: process.execPath, args: [main, command, ...flags] };
}
