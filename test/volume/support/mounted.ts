/** A volume of its own, mounted in a namespace of its own, in the hands of a test. */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Evidence } from '../../../src/cluster/controls.ts';
import { Conversation } from '../../../src/cluster/conversation.ts';
import { type Exit, type OwnedProcess, startProcess } from '../../../src/cluster/process.ts';
import { programPath } from '../../../src/cluster/program.ts';
import { inOwnNamespace, intoNamespace } from '../../../src/volume/namespace.ts';

/**
 * Why no volume can be mounted here; undefined: it can. The tests look into the namespace as root.
 * @throws Error in CI, where it must be possible.
 */
export function missingFuse(): string | undefined {
  const reason = reasonAgainst();
  if (reason !== undefined && process.env.CI === 'true') throw new Error(reason);
  return reason;
}

function reasonAgainst(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch (error) {
    return String(error);
  }
  return ['/usr/bin/python3', '/usr/local/bin/python3'].some((path) => existsSync(path)) ? undefined : 'no python3';
}

export interface MountedVolume extends AsyncDisposable {
  readonly process: OwnedProcess;
  /** The folder below. */
  readonly store: string;
  /** The volume, seen from outside of its namespace. */
  readonly at: string;
  /** The volume, seen from inside. */
  readonly inside: string;
  order(order: Evidence): Promise<Evidence>;
  /** Runs a program inside, to its end. */
  run(command: string, args: readonly string[]): Promise<{ exit: Exit; stdout: string; stderr: string }>;
}

export async function mountVolume(...flags: readonly string[]): Promise<MountedVolume> {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-volume-'));
  const store = join(folder, 'data');
  const args = [programPath('volume/main'), '--store', store, '--mount', store, ...flags];
  const started = inOwnNamespace({ command: process.execPath, args }, true);
  const owned = await startProcess({ name: 'volume', ...started, folder, run: folder, ipc: false });
  const conversation = new Conversation(owned);
  const ready = new Promise<void>((resolve, reject) => {
    owned.onLine((line) => line.includes('"ready":true') && resolve());
    void owned.exit.then((exit) => reject(new Error(`the volume ended: ${JSON.stringify(exit)}`)));
  });
  await ready;
  return {
    ...{ process: owned, store, inside: store },
    at: `/proc/${owned.pid}/root${store}`,
    order: (order) => conversation.order(order),
    run: (command, rest) => runInside(owned.pid, command, rest, store),
    [Symbol.asyncDispose]: async () => {
      owned.signal('SIGTERM');
      await owned.exit;
      rmSync(folder, { recursive: true });
    },
  };
}

function runInside(pid: number, command: string, args: readonly string[], folder: string) {
  const line = intoNamespace(pid, { command, args }, folder, true);
  const child = spawn(line.command, line.args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[name] }).on('line', (text) => {
      said[name] += `${text}\n`;
    });
  }
  return new Promise<{ exit: Exit; stdout: string; stderr: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exit: { exitCode, signal }, ...said }));
  });
}
