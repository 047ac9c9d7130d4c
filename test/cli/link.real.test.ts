/** `mqchaos link`: stands before any server, takes orders from another process, and leaves nothing behind however it ends. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answersAt } from '../../src/cluster/answers.ts';
import { markedProcesses } from '../../src/cluster/undo/undo.ts';
import { noAbort, poll } from '../../src/wait.ts';
import { type StartedTool, Workspace } from '../support/tool.ts';

let workspace: Workspace;
let server: Server;
let tool: StartedTool;
let ready: { readonly listen: string; readonly target: string; readonly folder: string };
const sockets: Socket[] = [];

beforeEach(async () => {
  workspace = new Workspace();
  server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  tool = workspace.start(['link', `127.0.0.1:${port}`, '--json']);
  const line = await new Promise<string>((resolve, reject) => {
    tool.process.stdout?.once('data', (data) => resolve(String(data)));
    void tool.end.then(({ stderr }) => reject(new Error(stderr)));
  });
  ready = JSON.parse(line);
});

afterEach(() => {
  tool.process.kill('SIGKILL'); // one that a failed test has left: the reaper undoes it
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
  workspace[Symbol.dispose]();
});

it('does faults on order, tells them, and ends with Ctrl-C', async () => {
  const order = (...args: string[]) => workspace.run(['link', ...args, '--folder', ready.folder]);
  const socket = await dial();
  await roundTrip(socket);
  const partition = await order('fault', 'partition');
  expect(partition.stdout).toContain('▼ f1 partition link   (mqchaos link heal f1)');
  expect(partition.stdout).toContain('link is cut off from clients (1 open connection)');
  socket.write('x');
  const status = JSON.parse((await order('status', '--json')).stdout);
  expect(status).toMatchObject({ listen: ready.listen, target: ready.target, faults: [{ id: 'f1', do: 'partition' }] });
  expect(socket.bytesRead).toBe(1);
  const back = once(socket, 'data');
  expect(await order('heal')).toMatchObject({ code: 0, stdout: expect.stringContaining('▲ f1 healed') });
  await back;
  const timed = await order('fault', 'latency', 'delay=1ms', '--for', '100ms', '--json');
  const nothing = 'it met 1 connection, and none of them carried anything while it was in force';
  expect(JSON.parse(timed.stdout)).toMatchObject({ healed: [{ target: 'link' }], missed: nothing });
  expect(await order('fault', 'kill')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('kill is not done to a link'),
  });
  const reset = closing(socket);
  expect(await order('fault', 'reset')).toMatchObject({ code: 0 });
  await reset;
  tool.process.kill('SIGINT');
  expect((await tool.end).code).toBe(0);
  expect(existsSync(ready.folder)).toBe(false);
  expect(await answersAt(ready.listen)).toBe(false);
});

it('ends with the tool when that is killed in the middle of a fault, and leaves no port and no folder', async () => {
  await workspace.run(['link', 'fault', 'partition', '--folder', ready.folder]);
  const socket = await dial();
  const closed = closing(socket);
  tool.process.kill('SIGKILL');
  await closed;
  const gone = (): true | undefined =>
    existsSync(ready.folder) || markedProcesses(ready.folder).length > 0 ? undefined : true;
  expect(await poll(gone, { everyMs: 50, boundMs: 20_000, signal: noAbort })).toBe(true);
  expect(await answersAt(ready.listen)).toBe(false);
});

it.each([
  [['link', 'nowhere'], 'expected the address of a server, host:port'],
  [['link', '127.0.0.1:1', '--listen', 'x'], '--listen: expected a port or host:port'],
  [['link', 'status', '--folder', '/nowhere'], 'no link is running in /nowhere'],
])('%j is refused', async (args, message) => {
  const { code, stderr } = await workspace.run(args);
  expect(stderr).toContain(message);
  expect([2, 4]).toContain(code);
});

async function dial(): Promise<Socket> {
  const [host, port] = ready.listen.split(':');
  const socket = connect({ host: host ?? '', port: Number(port) });
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Whatever it ends by. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function roundTrip(socket: Socket): Promise<void> {
  socket.write('x');
  await once(socket, 'data');
}
