import * as fs from 'node:fs';
import * as net from 'node:net';
import { devNull, networkInterfaces } from 'node:os';
import { TLSSocket } from 'node:tls';
import { BrokerError, messageOf } from '../errors.ts';
import { errnoOf } from './errno.ts';
import { eitherWay } from './tls.ts';
import type { Listener, Network, Stream } from './world.ts';

/** How long a connection that is to close may take to let go of its last answer. */
const lingerMs = 5000;

/**
 * TCP, with TLS where a listener has a certificate.
 * @param notice is told when no connections can be accepted any more, and of clients with which there is no TLS
 */
export const realNetwork = (notice: (line: string) => void): Network => ({
  async listen(host, port, accept, certificate) {
    const open = new Set<net.Socket>();
    const take = (socket: net.Socket) => accept(realStream(socket));
    const begin = certificate === undefined ? take : eitherWay(certificate, take, notice);
    const server = net.createServer({ noDelay: true }, (socket) => {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      begin(socket);
      lookForDescriptors(notice);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(listenError(error, host, port)));
      server.listen({ host, port }, resolve);
    });
    server.on('error', (error) => tellSometimes(notice, `cannot accept a connection: ${error.message}`));
    const address = server.address();
    const listener: Listener = {
      port: typeof address === 'object' && address !== null ? address.port : port,
      close: () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          for (const socket of open) socket.destroy();
        }),
    };
    return listener;
  },
  connect: (host, port, timeoutMs) =>
    new Promise((resolve, reject) => {
      const socket = net.connect({ host, port, noDelay: true });
      const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
      socket.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      socket.once('connect', () => {
        clearTimeout(timer);
        resolve(realStream(socket));
      });
    }),
});

const quietMs = 10_000;
let quietUntilMs = 0;

/** A process that has no file left to open is told so once in a while, and not for each of a thousand clients. */
function tellSometimes(notice: (line: string) => void, line: string): void {
  if (performance.now() < quietUntilMs) return;
  quietUntilMs = performance.now() + quietMs;
  notice(line);
}

/**
 * libuv closes the connections for which there is no descriptor, and tells nobody: so this is called after each that was made,
 * which may have taken the last one.
 */
function lookForDescriptors(notice: (line: string) => void): void {
  try {
    fs.closeSync(fs.openSync(devNull, 'r'));
  } catch (error) {
    tellSometimes(notice, `cannot accept a connection: no descriptor is left, see ulimit -n (${messageOf(error)})`);
  }
}

function realStream(socket: net.Socket): Stream {
  // Every 'error' is followed by 'close', and that is enough to know.
  socket.on('error', () => {});
  let corked = false;
  return {
    peer: socket.remoteAddress ?? '',
    secure: socket instanceof TLSSocket,
    receive(data, closed) {
      if (socket.destroyed) {
        process.nextTick(closed);
        return;
      }
      socket.on('data', data);
      socket.on('close', closed);
    },
    write(chunk) {
      if (socket.destroyed) return;
      // Answers that are written in one turn of the event loop leave in one system call.
      if (!corked) {
        corked = true;
        socket.cork();
        process.nextTick(() => {
          corked = false;
          socket.uncork();
        });
      }
      socket.write(chunk);
    },
    congested() {
      if (socket.destroyed || !socket.writableNeedDrain) return undefined;
      return new Promise((resolve) => {
        const settle = () => {
          socket.off('drain', settle);
          socket.off('close', settle);
          resolve();
        };
        socket.on('drain', settle);
        socket.on('close', settle);
      });
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close(written) {
      if (written === undefined) socket.destroy();
      else {
        socket.destroySoon();
        setTimeout(() => socket.destroy(), lingerMs).unref();
      }
    },
  };
}

function listenError(error: unknown, host: string, port: number): BrokerError {
  if (errnoOf(error) === 'EADDRINUSE') {
    const message = `${net.isIPv6(host) ? `[${host}]` : host}:${port} is taken by another process`;
    return new BrokerError('port-in-use', message, 'choose another --port, or end what listens there', error);
  }
  if (errnoOf(error) === 'EADDRNOTAVAIL') {
    const own = Object.values(networkInterfaces()).flatMap((each = []) => each.map(({ address }) => address));
    const message = `${host} is no address of this machine`;
    return new BrokerError('cannot-listen', message, `it has ${own.join(', ')}; 0.0.0.0 and :: are all of them`, error);
  }
  const message = `cannot listen on ${host}:${port}: ${messageOf(error)}`;
  return new BrokerError('cannot-listen', message, 'check --host and --port', error);
}
