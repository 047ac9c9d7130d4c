/**
 * A container engine of the test's own: a private dockerd with everything in a temporary folder, no rules in the packet
 * filter, no forwarding and no bridge of the machine's. Its image is made in a moment: redis-server and a shell of this machine with
 * the libraries that they need.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { noAbort, poll } from '../../src/wait.ts';
import { missingRedis } from './redis.ts';

const run = promisify(execFile);
const upBoundMs = 30_000;
const programs = ['docker', 'dockerd', 'containerd', 'runc'];

export interface Docker extends AsyncDisposable {
  /** For whoever is to reach it: DOCKER_HOST. */
  readonly environment: Readonly<Record<string, string>>;
  /** What `docker ARGS` says. */
  docker(...args: readonly string[]): Promise<string>;
  /** Starts a container of the image and waits until it runs; returns its id. */
  redis(name: string, args: readonly string[], command?: readonly string[]): Promise<string>;
}

/**
 * Why no engine can be started here; undefined: it can. A machine may forbid it: that is no failure of CI, and the name
 * of the skipped test says it.
 * @throws Error in CI when its programs are not installed, which `.ci/run` does.
 */
export async function missingDocker(): Promise<string | undefined> {
  const redis = missingRedis();
  if (redis !== undefined) return redis;
  const missing = programs.find((name) => !isInstalled(name));
  if (missing !== undefined) {
    const why = `${missing} is not on the PATH: apt-get install docker.io`;
    if (process.env.CI === 'true') throw new Error(`no container engine, and CI=true: ${why}`);
    return why;
  }
  if (process.getuid?.() !== 0) return 'dockerd is started by root only';
  try {
    await using _ = await startDocker();
    return undefined;
  } catch (error) {
    return `dockerd does not start here: ${String(error)}`;
  }
}

export async function startDocker(): Promise<Docker> {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-docker-'));
  const environment = { DOCKER_HOST: `unix://${folder}/socket`, DOCKER_CONFIG: folder };
  const docker = async (...args: readonly string[]): Promise<string> =>
    (await run('docker', [...args], { env: { ...process.env, ...environment } })).stdout.trim();
  const daemon = startDaemon(folder);
  const end = async (): Promise<void> => {
    const all = await docker('ps', '--all', '--quiet').catch(() => '');
    if (all !== '') await docker('rm', '--force', '--volumes', ...all.split('\n'));
    await docker('network', 'prune', '--force').catch(() => '');
    await endDaemon(daemon);
    unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const isUp = async (): Promise<true | undefined> => {
      if (daemon.exitCode !== null) throw new Error(lastLine(join(folder, 'log')));
      return docker('version').then(
        () => true,
        () => undefined,
      );
    };
    const up = await poll(isUp, { everyMs: 50, boundMs: upBoundMs, signal: noAbort });
    if (up === undefined) throw new Error(`not up after ${upBoundMs} ms: ${lastLine(join(folder, 'log'))}`);
    await importImage(folder, docker);
    // that containers can be run at all is part of being able to start one
    await docker('network', 'create', 'mqchaos-test');
    await docker('run', '--rm', '--network', 'mqchaos-test', image, 'true');
  } catch (error) {
    await end();
    throw error;
  }
  return {
    ...{ environment, docker },
    redis: (name, args, command = []) =>
      docker('run', '--detach', '--name', name, ...args, image, ...serve, ...command),
    [Symbol.asyncDispose]: end,
  };
}

const image = 'redis:7';
const serve = ['redis-server', '--protected-mode', 'no', '--dir', '/data'];

function startDaemon(folder: string): ChildProcess {
  const log = join(folder, 'log');
  writeFileSync(log, '');
  const places = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')];
  const own = [
    '--host',
    `unix://${folder}/socket`,
    '--pidfile',
    join(folder, 'pid'),
    '--config-file',
    join(folder, 'none'),
  ];
  const quiet = ['--iptables=false', '--ip6tables=false', '--ip-forward=false', '--bridge=none'];
  writeFileSync(join(folder, 'none'), '{}');
  const command = `exec dockerd "$@" >${log} 2>&1`;
  return spawn('sh', ['-c', command, 'sh', ...places, ...own, ...quiet], { cwd: folder, stdio: 'ignore' });
}

/** It ends its own containerd. */
async function endDaemon(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null) return;
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  daemon.kill('SIGTERM');
  const force = setTimeout(() => daemon.kill('SIGKILL'), 20_000);
  await ended;
  clearTimeout(force);
}

/** A daemon that had to be killed leaves its mounts. */
function unmountBelow(folder: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((place) => place.startsWith(`${folder}/`));
  for (const place of mounts.reverse()) execFileSync('umount', ['--lazy', place]);
}

async function importImage(folder: string, docker: Docker['docker']): Promise<void> {
  const root = join(folder, 'root');
  for (const name of ['bin', 'data', 'tmp', 'etc', 'dev', 'proc', 'sys'])
    mkdirSync(join(root, name), { recursive: true });
  for (const name of ['redis-server', 'sh', 'true', 'sleep']) {
    const program = realpathSync(execFileSync('which', [name], { encoding: 'utf8' }).trim());
    copyFileSync(program, join(root, 'bin', name));
    const needs = execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
    for (const library of needs) {
      mkdirSync(join(root, dirname(library)), { recursive: true });
      copyFileSync(realpathSync(library), join(root, dirname(library), basename(library)));
    }
  }
  execFileSync('tar', ['-C', root, '-cf', join(folder, 'image.tar'), '.']);
  await docker('import', join(folder, 'image.tar'), image);
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function lastLine(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
}
