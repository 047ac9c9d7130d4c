/** The broker that comes with mqchaos: the Kafka protocol, and the processes that serve it here. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeSpec } from '../cluster/node-spec.ts';
import type { Driver, LayoutRequest } from './driver.ts';
import { kafkaProtocol } from './kafkajs/protocol.ts';

export const bundled: Driver = { ...kafkaProtocol('bundled'), layout };

const host = '127.0.0.1';
const readyMs = 15_000;

/** A name server and its masters, each a process with a folder of its own: killing one kills nothing else. */
function layout({ masters, folder, port }: LayoutRequest): NodeSpec[] {
  const nameServerPort = port();
  const nameServer = node('ns', 'name-server', folder, ['name-server', '--port', String(nameServerPort)]);
  const numbers = Array.from({ length: masters }, (_, index) => index + 1);
  return [
    nameServer,
    ...numbers.map((number) => {
      const clientPort = port();
      const args = ['broker', '--id', String(number), '--port', String(clientPort)];
      return {
        ...node(`b${number}`, 'master', folder, [...args, '--name-server', `${host}:${nameServerPort}`]),
        address: `${host}:${clientPort}`,
      };
    }),
  ];
}

function node(id: string, role: NodeSpec['role'], parent: string, args: readonly string[]): NodeSpec {
  const folder = join(parent, id);
  return {
    id,
    role,
    folder,
    command: process.execPath,
    args: [program(), ...args, '--host', host, '--folder', folder, '--exit-with-parent'],
    ready: 'json-line',
    readyMs,
  };
}

/** The broker is a program of its own and always runs compiled, also when this file runs from source in a test. */
function program(): string {
  const beside = import.meta.url.endsWith('.ts') ? '../../dist/broker/main.js' : '../broker/main.js';
  return fileURLToPath(new URL(beside, import.meta.url));
}
