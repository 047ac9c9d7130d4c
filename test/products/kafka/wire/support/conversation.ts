/** Conversations of real clients with a real broker, byte for byte, and what a link makes of them. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Interceptor, Outlet } from '../../../../../src/link/interceptor.ts';
import { RuleBook } from '../../../../../src/link/wire/rule-book.ts';
import { WireConnection } from '../../../../../src/products/kafka/wire/connection.ts';
import { Reading } from '../../../../../src/products/kafka/wire/reading.ts';
import { TopicNames } from '../../../../../src/products/kafka/wire/topic-names.ts';

/** What came from one end, in the order in which both ends' bytes came. */
export interface Said {
  readonly from: 'client' | 'server';
  readonly bytes: Buffer;
}

export interface Conversation {
  readonly client: string;
  readonly said: readonly Said[];
}

const file = join(import.meta.dirname, '..', 'captured.ndjson');

/** Those that `capture.real.test.ts` has written down. */
export function captured(): Conversation[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const { client, said } = JSON.parse(line) as { client: string; said: [string, string][] };
    return {
      client,
      said: said.map(([from, bytes]) => ({
        from: from === 'c' ? 'client' : 'server',
        bytes: Buffer.from(bytes, 'base64'),
      })),
    };
  });
}

export function written({ client, said }: Conversation): string {
  return JSON.stringify({ client, said: said.map(({ from, bytes }) => [from[0], bytes.toString('base64')]) });
}

/** The same bytes in the same order, in other chunks. @param cuts where a chunk ends, counted over all bytes. */
export function rechunked(said: readonly Said[], cuts: readonly number[]): Said[] {
  const ends = new Set(cuts);
  const pieces: Said[] = [];
  let at = 0;
  for (const { from, bytes } of said) {
    let start = 0;
    for (let end = 1; end <= bytes.length; end++) {
      if (end < bytes.length && !ends.has(at + end)) continue;
      pieces.push({ from, bytes: bytes.subarray(start, end) });
      start = end;
    }
    at += bytes.length;
  }
  return pieces;
}

export function sizeOf(said: readonly Said[]): number {
  return said.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

export function joined(said: readonly Said[], from: 'client' | 'server'): Buffer {
  return Buffer.concat(said.filter((one) => one.from === from).map(({ bytes }) => bytes));
}

/** What leaves at each end when a conversation comes in: a link between the two, without a network. */
export class Between implements Outlet {
  readonly book: RuleBook;
  readonly connection: WireConnection;
  readonly #toServer: Buffer[] = [];
  readonly #toClient: Buffer[] = [];
  readonly logged: object[] = [];
  ended: string[] = [];

  constructor(book = new RuleBook(), number = 1, reading = new Reading(new TopicNames(), () => undefined)) {
    this.book = book;
    const connection = { link: 'b1', number, source: () => 'p1', log: (what: object) => void this.logged.push(what) };
    this.connection = new WireConnection(connection, this, book, reading);
  }

  hears(said: readonly Said[]): this {
    for (const { from, bytes } of said) {
      if (from === 'client') this.connection.fromClient(bytes);
      else this.connection.fromServer(bytes);
    }
    return this;
  }

  get server(): Buffer {
    return Buffer.concat(this.#toServer);
  }

  get client(): Buffer {
    return Buffer.concat(this.#toClient);
  }

  toServer(chunk: Buffer): void {
    this.#toServer.push(chunk);
  }

  toClient(chunk: Buffer): void {
    this.#toClient.push(chunk);
  }

  endToServer(): void {
    this.ended.push('server');
  }

  endToClient(): void {
    this.ended.push('client');
  }

  hold(): void {}
  release(): void {}

  reset(): void {
    this.ended.push('reset');
  }
}

/** Writes down each connection to brokers, which are told to be where their proxies are. */
export async function listen(addresses: readonly string[], client: () => string) {
  const conversations: { client: string; said: Said[] }[] = [];
  const sockets = new Set<Socket>();
  const servers = addresses.map((address) => {
    const server = createServer((near) => {
      const said: Said[] = [];
      conversations.push({ client: client(), said });
      const far = connect(Number(address.split(':')[1]), host);
      near.on('data', (bytes) => {
        said.push({ from: 'client', bytes });
        far.write(bytes);
      });
      far.on('data', (bytes) => {
        rewrite(bytes);
        said.push({ from: 'server', bytes: Buffer.from(bytes) });
        near.write(bytes);
      });
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => {});
        socket.on('close', () => {
          near.destroy();
          far.destroy();
        });
      }
    });
    return server;
  });
  await Promise.all(servers.map((server) => new Promise<void>((ready) => server.listen(0, host, ready))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  const advertised = addresses.map(
    (address, index) => [endpoint(Number(address.split(':')[1])), endpoint(ports[index] ?? 0)] as const,
  );

  function rewrite(answer: Buffer): void {
    for (const [from, to] of advertised) {
      for (let at = answer.indexOf(from); at !== -1; at = answer.indexOf(from, at + 1)) to.copy(answer, at);
    }
  }

  return {
    conversations: conversations as readonly Conversation[],
    addresses: ports.map((port) => `${host}:${port}`),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}

const host = '127.0.0.1';

/** As answers to Metadata name a broker. */
function endpoint(port: number): Buffer {
  const bytes = Buffer.alloc(host.length + 4);
  bytes.write(host);
  bytes.writeInt32BE(port, host.length);
  return bytes;
}

export type { Interceptor };
