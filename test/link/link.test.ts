import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Interceptor, Protocol } from '../../src/link/interceptor.ts';
import { Link } from '../../src/link/link.ts';
import { directions, type Rule } from '../../src/link/rule.ts';
import { Sources } from '../../src/link/sources.ts';
import { noAbort, poll } from '../../src/wait.ts';

const host = '127.0.0.1';
const opened: (() => void)[] = [];

afterEach(() => {
  for (const close of opened.splice(0)) close();
});

describe('a link without rules', () => {
  it('passes on every byte, both ways, in order, and counts them', async () => {
    const { link, dial } = await setUp();
    const client = await dial();
    const sent = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251));
    client.end(sent);
    const echoed = await all(client);
    expect(echoed.equals(sent)).toBe(true);
    await until(() => link.counts().open === 0);
    expect(link.counts()).toEqual({ accepted: 1, open: 0, requestBytes: sent.length, answerBytes: sent.length });
  });

  it('holds a sender whose receiver does not read', async () => {
    const { link, dial, node } = await setUp((socket) => socket.pause());
    const client = await dial();
    const chunk = Buffer.alloc(1_000_000);
    while (client.writableLength < 30_000_000) client.write(chunk);
    await until(() => Number(link.counts().requestBytes) > 0);
    let before = -1;
    await until(() => {
      const now = Number(link.counts().requestBytes);
      const stands = now === before;
      before = now;
      return stands;
    }, 200);
    expect(before).toBeLessThan(25_000_000);
    node.sockets[0]?.resume();
    await until(() => client.writableLength === 0);
  });

  it('passes a half-close on, and what the other half still says', async () => {
    const { dial } = await setUp((socket) => {
      socket.on('end', () => setTimeout(() => socket.end('late'), 20));
      socket.resume();
    });
    const client = await dial();
    client.end('last words');
    expect(String(await all(client))).toBe('late');
  });

  it('passes a reset on, from either end', async () => {
    const { dial, node } = await setUp();
    const first = await dial();
    await until(() => node.sockets.length === 1);
    const ended = once(node.sockets[0] as Socket, 'error');
    first.resetAndDestroy();
    expect(await ended).toMatchObject([{ code: 'ECONNRESET' }]);
    const second = await dial();
    await until(() => node.sockets.length === 2);
    const broken = once(second, 'error');
    node.sockets[1]?.resetAndDestroy();
    expect(await broken).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it('resets a client whose node is not there', async () => {
    const { dial, node } = await setUp();
    node.server.close();
    const client = await dial();
    expect(await once(client, 'error')).toMatchObject([{ code: 'ECONNRESET' }]);
  });
});

describe('silence', () => {
  it('both ways is a partition: nothing passes, connections stay, new ones stand, and a heal brings all of it', async () => {
    const { link, dial, node } = await setUp();
    const before = await dial();
    before.write('a');
    expect(String(await next(before))).toBe('a');
    expect(link.obey(rule({ do: 'silence' }), 1)).toMatchObject({ open: 1, met: 1 });
    before.write('b');
    const during = await dial();
    during.write('c');
    await pass(100);
    expect(node.sockets).toHaveLength(1);
    expect(before.bytesRead + during.bytesRead).toBe(1);
    const [first, second] = [next(before), next(during)];
    link.heal('f1');
    expect(String(await first)).toBe('b');
    expect(String(await second)).toBe('c');
    expect(await link.probe()).toMatchObject({ node: 'joined' });
  });

  it('one way lets the other way pass, and keeps new connections from the node', async () => {
    const { link, dial, node } = await setUp();
    const client = await dial();
    await until(() => node.sockets.length === 1);
    link.obey({ ...rule({ do: 'silence' }), directions: ['answers'] }, 1);
    client.write('heard');
    await until(() => node.sockets[0]?.bytesRead === 5);
    const late = await dial();
    await pass(50);
    expect([client.bytesRead, node.sockets.length]).toEqual([0, 1]);
    link.heal('f1');
    expect(String(await next(client))).toBe('heard');
    late.destroy();
  });

  it('does not tell the node that its client was reset before it is healed', async () => {
    const { link, dial, node } = await setUp();
    const client = await dial();
    await until(() => node.sockets.length === 1);
    let reset = false;
    node.sockets[0]?.on('error', () => {
      reset = true;
    });
    link.obey(rule({ do: 'silence' }), 1);
    client.resetAndDestroy();
    await pass(50);
    expect(reset).toBe(false);
    link.heal('f1');
    await until(() => reset);
    await until(() => link.counts().open === 0);
  });

  it('is for those whom the rule names: others pass', async () => {
    const { link, dial, sources } = await setUp();
    sources.know(new Map([[process.pid, 'p1']]));
    const client = await dial();
    link.obey({ ...rule({ do: 'silence' }), sources: { only: ['p2'] } }, 1);
    client.write('a');
    expect(String(await next(client))).toBe('a');
    link.heal('f1');
    const met = link.obey({ ...rule({ do: 'silence' }), id: 'f2', sources: { only: ['p1'] } }, 1);
    expect(met).toMatchObject({ open: 1, met: 1, unidentified: 0 });
    client.write('b');
    const other = await dial();
    other.write('c');
    await pass(50);
    expect([client.bytesRead, other.bytesRead]).toEqual([1, 0]);
    expect(await link.probe('p1')).toEqual({ node: 'held', by: ['f2'] });
    expect(await link.probe('p2')).toMatchObject({ node: 'joined' });
    link.heal('f2');
    expect(String(await next(client))).toBe('b');
  }, 20_000);
});

describe('slow lines', () => {
  it('latency comes both ways, keeps the order, and is the same for the same seed', async () => {
    const { link, dial } = await setUp();
    const client = await dial();
    link.obey(rule({ do: 'latency', delayMs: 40, jitterMs: 20 }), 7);
    const started = performance.now();
    const letters = 'abcdefghij';
    for (const letter of letters) {
      client.write(letter);
      await pass(2);
    }
    const got: string[] = [];
    client.on('data', (data) => got.push(String(data)));
    await until(() => got.join('').length === letters.length);
    expect(got.join('')).toBe(letters);
    expect(performance.now() - started).toBeGreaterThan(40);
  });

  it('a narrow place takes its time, for all connections together', async () => {
    const { link, dial } = await setUp();
    const clients = [await dial(), await dial()];
    link.obey({ ...rule({ do: 'bandwidth', bytesPerSecond: 200_000 }), directions: ['requests'] }, 1);
    const started = performance.now();
    for (const client of clients) client.end(Buffer.alloc(30_000));
    await Promise.all(clients.map(all));
    expect(performance.now() - started).toBeGreaterThan(280);
  });

  it('a slow close comes late', async () => {
    const { link, dial, node } = await setUp();
    const client = await dial();
    await until(() => node.sockets.length === 1);
    link.obey(rule({ do: 'slow-close', delayMs: 80 }), 1);
    const started = performance.now();
    client.end('x');
    await once(node.sockets[0] as Socket, 'end');
    expect(performance.now() - started).toBeGreaterThan(75);
  });
});

describe('what a rule has done', () => {
  const silence = { do: 'silence' } as const;
  const latency = { do: 'latency', delayMs: 1, jitterMs: 0 } as const;
  const slowClose = { do: 'slow-close', delayMs: 1 } as const;

  it.each([silence, latency, slowClose])('$do: nothing, when nothing came', async (what) => {
    const { link, dial } = await setUp();
    link.obey(rule(what), 1);
    expect(link.heal('f1')).toMatchObject({ met: 0, bent: 0 });
    await dial();
    await until(() => link.counts().open === 1);
    link.obey(rule(what), 1);
    expect(link.heal('f1')).toMatchObject({ met: 1, bent: 0 });
  });

  it.each([silence, latency])('$do: on each connection on which something came, once', async (what) => {
    const { link, dial, node } = await setUp();
    const clients = [await dial(), await dial(), await dial()];
    await until(() => node.sockets.length === 3);
    link.obey(rule(what), 1);
    clients[0]?.write('a');
    clients[1]?.resetAndDestroy();
    await pass(50);
    clients[0]?.write('b');
    await pass(50);
    expect(link.heal('f1')).toMatchObject({ met: 3, bent: what === silence ? 2 : 1 });
  });

  it('silence: a connection that is opened has tried', async () => {
    const { link, dial } = await setUp();
    link.obey(rule(silence), 1);
    await dial();
    await pass(50);
    expect(link.heal('f1')).toMatchObject({ met: 1, bent: 1 });
  });

  it('a slow close: on those that are closed', async () => {
    const { link, dial, node } = await setUp();
    const clients = [await dial(), await dial()];
    await until(() => node.sockets.length === 2);
    link.obey(rule(slowClose), 1);
    for (const client of clients) client.write('a');
    clients[0]?.end();
    await once(node.sockets[0] as Socket, 'end');
    expect(link.heal('f1')).toMatchObject({ met: 2, bent: 1 });
  });
});

describe('broken connections', () => {
  it('a reset reaches both ends of those that are open, and new ones pass', async () => {
    const { link, dial, node } = await setUp();
    const client = await dial();
    await until(() => node.sockets.length === 1);
    const ends = [once(client, 'error'), once(node.sockets[0] as Socket, 'error')];
    expect(link.obey(rule({ do: 'reset' }), 1)).toEqual({ open: 1, met: 1, reset: 1 });
    for (const end of ends) expect(await end).toMatchObject([{ code: 'ECONNRESET' }]);
    expect(await link.probe()).toMatchObject({ node: 'joined' });
  });

  it('half-open: the node has forgotten the connection, the client is not told until it is healed', async () => {
    const { link, dial, node } = await setUp();
    const client = await dial();
    await until(() => node.sockets.length === 1);
    const gone = once(node.sockets[0] as Socket, 'error');
    expect(link.obey(rule({ do: 'half-open', gone: 'node' }), 1)).toMatchObject({ halfOpen: 1 });
    await gone;
    client.write('is anybody there');
    const fresh = await dial();
    fresh.write('y');
    expect(String(await next(fresh))).toBe('y');
    expect([client.bytesRead, client.destroyed]).toEqual([0, false]);
    const told = once(client, 'error');
    expect(link.heal('f1')).toMatchObject({ reset: 1 });
    expect(await told).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it.each([0, 1, 70_000])('cut after %i bytes: exactly those reach the node', async (bytes) => {
    const { link, dial, node } = await setUp();
    link.obey({ ...rule({ do: 'cut-after', bytes }), directions: ['requests'] }, 1);
    const client = await dial();
    client.on('data', () => {});
    const broken = once(client, 'error');
    client.write(Buffer.alloc(200_000));
    expect((await broken)[0]).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
    const [socket] = node.sockets;
    await until(() => socket?.readableEnded === true);
    expect(socket?.bytesRead).toBe(bytes);
    expect(link.heal('f1')).toMatchObject({ cut: 1 });
  });
});

describe('an interceptor', () => {
  it('sees every byte, and what it sends on is what arrives', async () => {
    const seen: string[] = [];
    const logged: unknown[] = [];
    const protocol: Protocol = {
      rules: (order) => ({ took: order.rules }),
      intercept: (connection, outlet): Interceptor => ({
        fromClient: (chunk) => {
          connection.log({ bytes: chunk.length });
          outlet.toServer(Buffer.from(String(chunk).toUpperCase()));
        },
        fromServer: (chunk) => {
          seen.push(String(chunk));
          outlet.toClient(Buffer.concat([chunk, Buffer.from('!')]));
        },
        endClient: () => outlet.endToServer(),
        endServer: () => outlet.endToClient(),
        closed: () => seen.push('closed'),
      }),
    };
    const { dial, sources } = await setUp(undefined, protocol, (line) => logged.push(line));
    sources.know(new Map([[process.pid, 'p1']]));
    const client = await dial();
    client.end('hello');
    expect(String(await all(client))).toBe('HELLO!');
    await until(() => seen.includes('closed'));
    expect(seen).toEqual(['HELLO', 'closed']);
    expect(logged).toEqual([{ bytes: 5, connection: 1, source: 'p1', link: 'b1' }]);
  });
});

function rule(what: Rule['what']): Rule {
  return { id: 'f1', link: 'b1', sources: { except: [] }, directions, what };
}

/** A node that echoes, unless told otherwise, behind a link; and how to dial it through the link. */
async function setUp(
  serve: (socket: Socket) => void = echo,
  protocol?: Protocol,
  log: (line: unknown) => void = () => {},
) {
  const sockets: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const sources = new Sources();
  const { port } = server.address() as AddressInfo;
  const link = await Link.open({
    ...{ name: 'b1', listen: { host, port: 0 }, target: { host, port }, sources, protocol, log },
  });
  const clients: Socket[] = [];
  opened.push(() => {
    for (const socket of [...clients, ...sockets]) socket.destroy();
    server.close();
    link.close();
  });
  const dial = async (): Promise<Socket> => {
    const client = connect({ host, port: link.port, allowHalfOpen: true, noDelay: true });
    clients.push(client);
    client.on('error', () => {});
    await once(client, 'connect');
    return client;
  };
  return { link, sources, dial, node: { server, sockets } };
}

function echo(socket: Socket): void {
  socket.on('data', (data) => socket.write(data));
  socket.on('end', () => socket.end());
}

async function all(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks);
}

function next(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => socket.once('data', resolve));
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(holds: () => boolean, everyMs = 5): Promise<void> {
  const held = await poll(() => (holds() ? true : undefined), { everyMs, boundMs: 10_000, signal: noAbort });
  if (held === undefined) throw new Error('not within 10 s');
}
