import * as fs from 'node:fs';
import * as net from 'node:net';
import { devNull } from 'node:os';
import { BrokerError, messageOf } from '../errors.ts';
import { errnoOf } from './errno.ts';
import type { Listener, Network, Stream } from './world.ts';

/**
 * TCP.
 * @param log is told when no connections can be accepted any more
 */
export const realNetwork = (log: (line: string) => void): Network => ({
  async listen(host, port, accept) {
    const open = new Set<Stream>();
    const server = net.createServer({ noDelay: true }, (socket) => {
      const stream = realStream(socket);
      open.add(stream);
      socket.on('close', () => open.delete(stream));
      accept(stream);
      lookForDescriptors(log);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(listenError(error, host, port)));
      server.listen({ host, port }, resolve);
    });
    server.on('error', (error) => tellSometimes(log, `cannot accept a connection: ${error.message}`));
    const address = server.address();
    const listener: Listener = {
      port: typeof address === 'object' && address !== null ? address.port : port,
      close: () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          for (const stream of open) stream.close();
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
function tellSometimes(log: (line: string) => void, line: string): void {
  if (performance.now() < quietUntilMs) return;
  quietUntilMs = performance.now() + quietMs;
  log(line);
}

const lookAfterMs = 500;
let isLooking = false;

/** libuv closes the connections for which there is no descriptor, and tells nobody: so this looks after each that is made. */
function lookForDescriptors(log: (line: string) => void): void {
  if (isLooking) return;
  isLooking = true;
  const look = () => {
    isLooking = false;
    try {
      fs.closeSync(fs.openSync(devNull, 'r'));
    } catch (error) {
      tellSometimes(log, `cannot accept a connection: no descriptor is left, see ulimit -n (${messageOf(error)})`);
    }
  };
  setTimeout(look, lookAfterMs).unref();
}

function realStream(socket: net.Socket): Stream {
  // Every 'error' is followed by 'close', and that is enough to know.
  socket.on('error', () => {});
  let corked = false;
  return {
    peer: socket.remoteAddress ?? '',
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
    close: () => void socket.destroy(),
  };
}

function listenError(error: unknown, host: string, port: number): BrokerError {
  if (errnoOf(error) === 'EADDRINUSE') {
    const message = `${host}:${port} is taken by another process`;
    return new BrokerError('port-in-use', message, 'choose another --port, or end what listens there', error);
  }
  const message = `cannot listen on ${host}:${port}: ${messageOf(error)}`;
  return new BrokerError('cannot-listen', message, 'check --host and --port', error);
}
