import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { BrokerError, messageOf } from '../errors.ts';
import { lockFolder } from './folder-lock.ts';
import type { Disk, DiskFile, Listener, Network, Stream, World } from './world.ts';

/** The real machine. With `folder-lock.ts` and `main.ts` the only code of the broker that touches it. */
export function realWorld(folder: string, log: (line: string) => void): World {
  return {
    clock: {
      nowMs: () => performance.now(),
      setTimer(delayMs, callback) {
        const timer = setTimeout(callback, delayMs);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    disk: realDisk(folder),
    network: { listen, connect },
    random: { bytes: randomBytes, fraction: Math.random },
    log,
  };
}

const write = promisify(fs.write);
const read = promisify(fs.read);
const fdatasync = promisify(fs.fdatasync);
const ftruncate = promisify(fs.ftruncate);

function realDisk(folder: string): Disk {
  const at = (name: string) => path.join(folder, name);
  return {
    async open(name) {
      return realFile(await promisify(fs.open)(at(name), fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644));
    },
    async list(name) {
      try {
        return (await fs.promises.readdir(at(name))).sort();
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return [];
        throw error;
      }
    },
    async makeFolder(name) {
      await fs.promises.mkdir(at(name), { recursive: true });
    },
    rename: (from, to) => fs.promises.rename(at(from), at(to)),
    remove: (name) => fs.promises.rm(at(name), { force: true }),
    async syncFolder(name) {
      const handle = await fs.promises.open(at(name), 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    lock: () => lockFolder(folder),
  };
}

function realFile(descriptor: number): DiskFile {
  return {
    async sizeBytes() {
      return (await promisify(fs.fstat)(descriptor)).size;
    },
    async read(position, length) {
      const buffer = Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await read(descriptor, buffer, done, length - done, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    },
    async write(data, position) {
      let done = 0;
      while (done < data.length) {
        const { bytesWritten } = await write(descriptor, data, done, data.length - done, position + done);
        done += bytesWritten;
      }
    },
    truncate: (sizeBytes) => ftruncate(descriptor, sizeBytes),
    sync: () => fdatasync(descriptor),
    close: () => promisify(fs.close)(descriptor),
  };
}

const listen: Network['listen'] = async (host, port, accept) => {
  const open = new Set<Stream>();
  const server = net.createServer({ noDelay: true }, (socket) => {
    const stream = realStream(socket);
    open.add(stream);
    socket.on('close', () => open.delete(stream));
    accept(stream);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, port)));
    server.listen({ host, port }, resolve);
  });
  server.on('error', () => {});
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
};

const connect: Network['connect'] = (host, port, timeoutMs) =>
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
  });

function realStream(socket: net.Socket): Stream {
  // An error is always followed by 'close', which is what we act on.
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
      // Answers that become ready in one turn leave in one system call.
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

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
