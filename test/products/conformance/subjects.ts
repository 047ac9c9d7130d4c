/** Brokers that the conformance suite runs against: each a driver and a way to have one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../src/cluster/ports.ts';
import { driver as bundled } from '../../../src/products/bundled/driver.ts';
import { layout } from '../../../src/products/bundled/layout.ts';
import type { BrokerAccess, Driver } from '../../../src/products/driver.ts';
import { driver as kafka } from '../../../src/products/kafka/driver.ts';
import { accessTo } from '../../support/access.ts';
import { missingKafka, startKafka } from '../../support/kafka.ts';
import { settings } from '../../support/settings.ts';

export interface Subject {
  readonly driver: Driver;
  /** Why it cannot run here. */
  readonly missing: string | undefined;
  start(): Promise<Running>;
}

export interface Running extends AsyncDisposable {
  readonly access: BrokerAccess;
  /** Kills whatever holds the data and starts it again; resolves when that has been done. */
  restart(): Promise<void>;
}

export const subjects: readonly Subject[] = [
  {
    driver: kafka,
    missing: missingKafka(),
    start: async () => {
      const broker = await startKafka();
      return {
        access: accessTo([broker.bootstrap]),
        restart: async () => {
          await broker.kill();
          await broker.start();
        },
        [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
      };
    },
  },
  {
    driver: bundled,
    missing: existsSync(join(import.meta.dirname, '../../../dist/broker/main.js')) ? undefined : notBuilt(),
    start: startBundled,
  },
];

function notBuilt(): string {
  if (process.env.CI === 'true') throw new Error('the bundled broker is not built, and CI=true: npm run build');
  return 'it is not built: npm run build';
}

export interface RunningBundled extends Running {
  signal(id: string, name: 'SIGSTOP' | 'SIGCONT'): void;
  kill(id: string): Promise<void>;
  start(id: string): Promise<void>;
}

/** A name server `ns` and two masters, `b1` and `b2`. */
export async function startBundled(): Promise<RunningBundled> {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-bundled-'));
  const ports = await freePorts(8);
  const nodes = layout({ cluster: settings(), folder, programs: {}, port: () => ports.pop() ?? 0 });
  const processes = new Map<string, ChildProcess>();
  const start = async (id: string): Promise<void> => {
    const node = nodes.find((candidate) => candidate.id === id);
    if (node === undefined) throw new Error(`no node ${id}`);
    mkdirSync(node.folder, { recursive: true });
    const child = spawn(node.command, node.args, { cwd: node.folder, stdio: ['pipe', 'pipe', 'inherit'] });
    processes.set(id, child);
    await ready(child, id);
  };
  const kill = async (id: string): Promise<void> => {
    const child = processes.get(id);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  for (const { id } of nodes) await start(id);
  return {
    access: accessTo(nodes.flatMap(({ address }) => address ?? [])),
    signal: (id, name) => void processes.get(id)?.kill(name),
    kill,
    start,
    restart: async () => {
      await kill('b1');
      await start('b1');
    },
    [Symbol.asyncDispose]: async () => {
      for (const id of processes.keys()) await kill(id);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function ready(child: ChildProcess, id: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('exit', (code) => reject(new Error(`${id} ended with ${code}: ${output}`)));
    child.once('error', reject);
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk;
      if (/"ready":\s*true.*\n/.test(output)) resolve();
    });
  });
}
