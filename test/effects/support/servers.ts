/**
 * Real stores for tests: PostgreSQL, MariaDB and Redis in folders and on ports of their own, with a user and a password.
 * Debian's packages suffice (postgresql, mariadb-server, redis-server; no service needs to run). Where one is missing,
 * its tests say so by name and are skipped, but fail where CI is set.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../src/cluster/ports.ts';
import { probeStore } from '../../../src/effects/probe.ts';
import { findProgram } from '../../../src/effects/program.ts';
import { redisServer } from '../../../src/effects/redis-server.ts';
import { until } from '../../support/kafka.ts';

/** Has characters that a URL encodes, so that both its forms must be masked. */
export const password = 's3cret/w&rd';

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Its process; PostgreSQL's first one. */
  readonly pid: number;
  /** SIGSTOP and SIGCONT reach the whole server where it is one process: not PostgreSQL. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it, again with the same data; resolves when it serves. */
  start(): Promise<void>;
}

export interface ServerKind {
  readonly store: 'postgres' | 'mariadb' | 'redis';
  /** Why it cannot be had here; undefined when it can. */
  missing(): string | undefined;
  launch(): Promise<TestServer>;
}

/** @throws where CI is set and the server is missing. */
export function missingServer(kind: ServerKind): string | undefined {
  const reason = kind.missing();
  if (reason !== undefined && process.env.CI === 'true')
    throw new Error(`no real ${kind.store}, and CI=true: ${reason}`);
  return reason;
}

const postgres: ServerKind = {
  store: 'postgres',
  missing: () => (postgresFolder() === undefined ? 'initdb is not here: apt-get install postgresql' : undefined),
  launch: async () => {
    const bin = postgresFolder() ?? '';
    const { folder, port, user } = await place('postgres');
    const data = join(folder, 'data');
    writeFileSync(join(folder, 'password'), password);
    const options = [
      '-A',
      'scram-sha-256',
      '-U',
      'mqchaos',
      '--pwfile',
      join(folder, 'password'),
      '-E',
      'UTF8',
      '--no-sync',
    ];
    run(join(bin, 'initdb'), ['-D', data, '--locale=C', ...options], user);
    const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'max_connections=40'];
    return start({
      store: 'postgres',
      folder,
      port,
      user,
      url: `postgres://mqchaos:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
      command: join(bin, 'postgres'),
      args: ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    });
  },
};

const mariadb: ServerKind = {
  store: 'mariadb',
  missing: () =>
    findProgram('mariadbd', sbin) === undefined ? 'mariadbd is not here: apt-get install mariadb-server' : undefined,
  launch: async () => {
    const { folder, port, user } = await place('mysql');
    const data = join(folder, 'data');
    const common = ['--no-defaults', `--datadir=${data}`];
    run(
      findProgram('mariadb-install-db', sbin) ?? '',
      [...common, '--auth-root-authentication-method=normal', '--skip-test-db'],
      user,
    );
    const sql = `CREATE DATABASE IF NOT EXISTS effects; CREATE USER IF NOT EXISTS mqchaos@'%' IDENTIFIED BY '${password}'; GRANT ALL ON effects.* TO mqchaos@'%';\n`;
    writeFileSync(join(folder, 'init.sql'), sql.replaceAll('; ', ';\n'));
    const network = [
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      `--socket=${join(folder, 'socket')}`,
    ];
    return start({
      store: 'mariadb',
      folder,
      port,
      user,
      url: `mariadb://mqchaos:${encodeURIComponent(password)}@127.0.0.1:${port}/effects`,
      command: findProgram('mariadbd', sbin) ?? '',
      args: [...common, ...network, `--init-file=${join(folder, 'init.sql')}`, '--innodb-buffer-pool-size=64M'],
    });
  },
};

const redis: ServerKind = {
  store: 'redis',
  missing: () =>
    findProgram('redis-server') === undefined
      ? 'redis-server is not on the PATH: apt-get install redis-server'
      : undefined,
  launch: async () => {
    const { folder, port } = await place();
    const spec = redisServer(join(folder, 'data'), port);
    if (spec === undefined) throw new Error('redis-server went away');
    mkdirSync(spec.folder);
    return start({
      store: 'redis',
      folder,
      port,
      url: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}/0`,
      command: spec.command,
      args: [...spec.args, '--requirepass', password],
    });
  },
};

export const serverKinds = { postgres, mariadb, redis } as const;

interface Spec {
  readonly store: ServerKind['store'];
  readonly folder: string;
  readonly port: number;
  readonly url: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly user?: User | undefined;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

const sbin = `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin`;

function postgresFolder(): string | undefined {
  const installed = '/usr/lib/postgresql';
  const versions = existsSync(installed) ? readdirSync(installed).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(installed, version, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** A folder and a port. Both servers refuse to run as root: then it is the folder of the package's own user. */
async function place(userName?: string): Promise<{ folder: string; port: number; user: User | undefined }> {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-store-'));
  const [port = 0] = await freePorts(1);
  const user = userName === undefined || process.getuid?.() !== 0 ? undefined : idOf(userName);
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o755);
  return { folder, port, user };
}

function idOf(userName: string): User {
  const id = (flag: string): number => Number(execFileSync('id', [flag, userName], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function run(command: string, args: readonly string[], user: User | undefined): void {
  const { status, stdout, stderr } = spawnSync(command, [...args], { encoding: 'utf8', cwd: '/', ...user });
  if (status !== 0) throw new Error(`${command} failed:\n${stdout}${stderr}`);
}

async function start(spec: Spec): Promise<TestServer> {
  const server = new Server(spec);
  try {
    await server.start();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

class Server implements TestServer {
  readonly url: string;
  readonly port: number;
  readonly #spec: Spec;
  #child: ChildProcess | undefined;

  constructor(spec: Spec) {
    this.#spec = spec;
    this.url = spec.url;
    this.port = spec.port;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { command, args, folder, user, store, url } = this.#spec;
    const log = join(folder, 'out.log');
    const isUp = async (): Promise<boolean> => {
      // PostgreSQL refuses to start while children of the killed one still hold its memory
      if (this.#child === undefined || hasEnded(this.#child)) {
        const out = openSync(log, 'a');
        this.#child = spawn(command, [...args], { cwd: folder, stdio: ['ignore', out, out], ...user });
      }
      return (await probeStore(store, { url, from: 'test' })).available;
    };
    await until(`${store} serves`, 60_000, isUp).catch((cause: unknown) => {
      throw new Error(`${store} did not start:\n${readFileSync(log, 'utf8').slice(-3000)}`, { cause });
    });
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(name);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    const sessions = childrenOf(child.pid ?? 0);
    child.kill('SIGKILL');
    for (const pid of sessions) killIfThere(pid);
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#spec.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** PostgreSQL's sessions outlive its first process for as long as they have something to do. */
function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number) : [];
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
