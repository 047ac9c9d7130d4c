/*
 * The program of a lossy volume: a file system over a folder, for one node of a cluster, that knows what the disk has
 * promised and can lose the rest.
 *
 * `main.js --store DIR --mount DIR [--write-back worst|30s]` mounts and prints one JSON line on stdout when it is ready,
 * or one on stderr if it cannot be. It then obeys orders, one JSON object a line on stdin, each answered by a line with its
 * `id`. It unmounts and ends when stdin ends, at SIGTERM and SIGINT, and when somebody else has unmounted it.
 *
 * Exit codes: 0 ended in order; 2 bad flag; 4 could not mount, or the store fails; 70 a bug of this program.
 */
import { closeSync, mkdirSync, realpathSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { exitCodes, messageOf, ToolError } from '../errors.ts';
import { Connection } from './connection.ts';
import { flushKernel, mount, openDevice, unmount } from './mount.ts';
import { type Options, readOptions } from './options.ts';

// Whoever reads our output may end before this process does: that is no reason to crash.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

try {
  await serve(readOptions(process.argv.slice(2)));
  process.exit(0);
} catch (error) {
  process.exit(explain(error));
}

async function serve({ store, mountPoint, writeBackMs }: Options): Promise<void> {
  makeFolders(store, mountPoint);
  process.umask(0); // the kernel has applied the one of whoever creates
  process.chdir(store); // from here the store is found even if the volume is mounted over it
  const device = openDevice();
  mount(device, mountPoint);
  const connection = new Connection({ device, store: '.', writeBackMs }, mountPoint, say);
  const stopped = stopSignal((line) => take(line, connection, mountPoint));
  try {
    await Promise.race([connection.wake(), connection.ended]);
    say({ ready: true, mount: mountPoint, store, pid: process.pid });
    await Promise.race([stopped, connection.ended]);
  } finally {
    await end(connection, device, mountPoint);
  }
  await connection.ended;
}

/** @throws ToolError `no-folder` (exit 4); `bad-flag` for a mount inside of its own store: reading it, we would wait for ourselves. */
function makeFolders(store: string, mountPoint: string): void {
  for (const folder of [store, mountPoint]) {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (cause) {
      const hint = 'give a folder that is there or can be made';
      throw new ToolError(messageOf(cause), { code: 'no-folder', hint, exitCode: exitCodes.setup, cause });
    }
  }
  if (realpathSync(mountPoint).startsWith(`${realpathSync(store)}/`)) {
    const hint = 'mount it elsewhere, or over the store itself';
    throw new ToolError(`${mountPoint} is inside of ${store}`, { code: 'bad-flag', hint });
  }
}

/** Leaves nothing mounted, whoever still has something open in there: it gets ENOTCONN from now on. */
async function end(connection: Connection, device: number, mountPoint: string): Promise<void> {
  if (connection.isEnded && !connection.hasFailed) return; // somebody has unmounted it
  if (!connection.hasFailed && (await unmount(mountPoint, false))) return;
  connection.end();
  await connection.ended.catch(() => {}); // it is told by whoever waits for it
  closeSync(device);
  await unmount(mountPoint, true);
}

/** Gives an order on. @throws nothing: what is no order is answered as such. */
async function take(line: string, connection: Connection, mountPoint: string): Promise<void> {
  const { id = null, ...order } = parse(line);
  try {
    if (order.order === 'checkpoint') await flushKernel(mountPoint);
    connection.order(id, order);
  } catch (error) {
    say({ id, error: 'kernel', message: messageOf(error) });
  }
}

/** Reads orders until this program shall stop. */
async function stopSignal(take: (line: string) => Promise<void>): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    // each for itself: a checkpoint may wait for a write that hangs, and the order that ends that must get through
    if (line.trim() !== '') void take(line);
  });
  await new Promise<void>((resolve) => {
    lines.once('close', resolve);
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

/** Anything but a JSON object counts as an object without an order. */
function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function explain(error: unknown): number {
  if (error instanceof Error && 'errno' in error) {
    process.stderr.write(`${JSON.stringify({ error: 'disk', message: error.message, hint: 'look at the store' })}\n`);
    return exitCodes.setup;
  }
  if (!(error instanceof ToolError)) {
    process.stderr.write(`${error instanceof Error ? error.stack : messageOf(error)}\n`);
    return exitCodes.internal;
  }
  process.stderr.write(`${JSON.stringify({ error: error.code, message: error.message, hint: error.hint })}\n`);
  return error.exitCode;
}
