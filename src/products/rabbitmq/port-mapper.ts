/**
 * The program that takes epmd's place behind links: Erlang's port mapper, which tells one asker a node's own port and
 * another the port of the link before it. By the EPMD protocol (Erlang's "Distribution Protocol", erl_dist_protocol), as
 * far as nodes and `epmd -names` use it.
 *
 * `port-mapper.js HOST PORT LINKED_PORT NAME=LINK_PORT…`: who asks at PORT is told where the nodes listen, who asks at
 * LINKED_PORT where the links do. A node may register at either. Ends with SIGTERM; exit code 4 if it cannot listen.
 */
import { createServer, type Socket } from 'node:net';

/** What is asked. */
const alive = 120;
const portPlease = 122;
const names = 110;
/** What is answered. */
const registered = 121;
const registeredWide = 118;
const port = 119;
/** From this version on nodes take a creation of 32 bits. */
const wideVersion = 6;
/** Of a request: kind, port, node type, protocol, highest and lowest version, then the name with its length. */
const versionAt = 5;
const nameAt = 9;
/** A name has at most 255 characters. */
const longestRequest = 2048;

interface Registration {
  readonly port: number;
  /** As the node sent it, from its type on: what who asks is told behind the port. */
  readonly rest: Buffer;
}

const [host = '', own = '', linked = '', ...before] = process.argv.slice(2);
const linkPorts = new Map(
  before.map((pair): [string, number] => {
    const [name = '', at] = pair.split('=');
    return [name, Number(at)];
  }),
);
const nodes = new Map<string, Registration>();
let creation = 0;

process.on('SIGTERM', () => process.exit(0));
listen(Number(own), (_, { port: at }) => at);
listen(Number(linked), (name, { port: at }) => linkPorts.get(name) ?? at);

/** @param told the port that who asks here is told of a node. */
function listen(at: number, told: (name: string, node: Registration) => number): void {
  const server = createServer((socket) => {
    let heard = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.length > longestRequest) return void socket.destroy();
      if (heard.length < 2 || heard.length < 2 + heard.readUInt16BE()) return;
      const request = heard.subarray(2, 2 + heard.readUInt16BE());
      heard = heard.subarray(2 + request.length);
      answer(request, socket);
    });
  });
  const answer = (request: Buffer, socket: Socket): void => {
    const kind = request[0];
    if (kind === alive) register(request, socket);
    else if (kind === portPlease) socket.end(placeOf(request.toString('utf8', 1), told));
    else if (kind === names) socket.end(Buffer.concat([word(at), Buffer.from(listed(told))]));
    else socket.destroy();
  };
  server.on('error', ({ message }) => {
    process.stderr.write(`${JSON.stringify({ error: 'not-listening', message })}\n`);
    process.exit(4);
  });
  server.listen(at, host);
}

/** For as long as its connection is open. */
function register(request: Buffer, socket: Socket): void {
  if (request.length < nameAt + 2) return void socket.destroy();
  const end = nameAt + 2 + request.readUInt16BE(nameAt);
  const name = request.toString('utf8', nameAt + 2, end);
  const wide = request.readUInt16BE(versionAt) >= wideVersion;
  creation += 1;
  const made = wide ? word(creation) : word(creation).subarray(2);
  const answered = (result: number): Buffer =>
    Buffer.concat([Buffer.from([wide ? registeredWide : registered, result]), made]);
  if (nodes.has(name)) return void socket.end(answered(1));
  const registration = { port: request.readUInt16BE(1), rest: Buffer.from(request.subarray(3)) };
  nodes.set(name, registration);
  socket.on('close', () => nodes.delete(name));
  socket.write(answered(0));
}

function placeOf(name: string, told: (name: string, node: Registration) => number): Buffer {
  const node = nodes.get(name);
  if (node === undefined) return Buffer.from([port, 1]);
  const at = Buffer.alloc(2);
  at.writeUInt16BE(told(name, node));
  return Buffer.concat([Buffer.from([port, 0]), at, node.rest]);
}

function listed(told: (name: string, node: Registration) => number): string {
  return [...nodes].map(([name, node]) => `name ${name} at port ${told(name, node)}\n`).join('');
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
