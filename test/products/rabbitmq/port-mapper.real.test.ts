/** The port mapper that takes epmd's place behind links, asked as Erlang asks, and by Erlang's own program. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePorts } from '../../../src/cluster/ports.ts';
import { programPath } from '../../../src/cluster/program.ts';
import { rabbitmq } from '../../../src/products/rabbitmq/product.ts';
import { until } from '../../support/kafka.ts';
import { missingPrograms } from '../../support/product-cluster.ts';

const host = '127.0.0.1';
const missing = await missingPrograms(rabbitmq);
let own = 0;
let linked = 0;
let end = async (): Promise<void> => {};

beforeEach(async () => {
  [own = 0, linked = 0] = await freePorts(2);
  const args = [programPath('products/rabbitmq/port-mapper'), host, String(own), String(linked), 'rabbit1=4001'];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  end = async () => {
    child.kill();
    await once(child, 'exit');
  };
  await until('it listens', 10_000, async () => (await asked(linked, Buffer.from([110])).catch(() => '')) !== '');
});
afterEach(() => end());

/** A request as a node sends it, and everything that is answered until the end, in hex. */
async function asked(port: number, request: Buffer): Promise<string> {
  const socket = connect(port, host);
  send(socket, request);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('hex');
}

function send(socket: Socket, request: Buffer): void {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(request.length);
  socket.write(Buffer.concat([length, request]));
}

/** ALIVE2_REQ: port, node type 77, protocol 0, versions, name, no extra. */
function alive(name: string, port: number, highest = 6): Buffer {
  const head = Buffer.from([120, port >> 8, port & 255, 77, 0, 0, highest, 0, 5, 0, name.length]);
  return Buffer.concat([head, Buffer.from(name), Buffer.from([0, 0])]);
}

function please(name: string): Buffer {
  return Buffer.concat([Buffer.from([122]), Buffer.from(name)]);
}

async function registered(name: string, port: number, at = own): Promise<Socket> {
  const socket = connect(at, host);
  send(socket, alive(name, port));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect([answer[0], answer[1], answer.length]).toEqual([118, 0, 6]);
  return socket;
}

test('who asks at one port is told where a node listens, at the other where its link does', async () => {
  const node = await registered('rabbit1', 3001);
  const rest = Buffer.concat([Buffer.from([77, 0, 0, 6, 0, 5, 0, 7]), Buffer.from('rabbit1'), Buffer.from([0, 0])]);
  expect(await asked(own, please('rabbit1'))).toBe(`77000bb9${rest.toString('hex')}`);
  expect(await asked(linked, please('rabbit1'))).toBe(`77000fa1${rest.toString('hex')}`);
  expect(await asked(linked, please('rabbit2'))).toBe('7701');
  node.destroy();
  await until('it is forgotten', 5_000, async () => (await asked(own, please('rabbit1'))) === '7701');
});

test('a name is taken once, at either port, and older nodes get a creation of 16 bits', async () => {
  const node = await registered('rabbit1', 3001, linked);
  expect(await asked(own, alive('rabbit1', 3002))).toMatch(/^7601/);
  expect(await asked(own, alive('rabbit1', 3002, 5))).toMatch(/^7901.{4}$/);
  node.destroy();
});

test('what is no request ends the connection', async () => {
  expect(await asked(own, Buffer.from([1, 2, 3]))).toBe('');
  expect(await asked(own, Buffer.from([120, 0]))).toBe('');
});

test.skipIf(missing !== undefined)(`epmd -names${missing === undefined ? '' : ` (needs ${missing})`}`, async () => {
  const node = await registered('rabbit1', 3001);
  const names = (port: number): string =>
    execFileSync('epmd', ['-port', String(port), '-names'], {
      encoding: 'utf8',
      env: { ...process.env, ERL_EPMD_ADDRESS: host },
    });
  expect(names(own)).toContain('name rabbit1 at port 3001');
  expect(names(linked)).toContain('name rabbit1 at port 4001');
  node.destroy();
});
