import { readFileSync } from 'node:fs';
import { type Commands, readCommands } from './commands.ts';
import { defects, withDefects } from './defects/registry.ts';
import { BrokerError, messageOf } from './errors.ts';
import { Flags } from './flags.ts';
import { failovers } from './name-server/election.ts';
import { startNameServer } from './name-server/name-server.ts';
import { startNode } from './node/node.ts';
import type { BrokerSettings } from './node/settings.ts';
import { Notices } from './notices.ts';
import { promote } from './promote.ts';
import { type Users, usersFrom, usersHint } from './rpc/login/users.ts';
import { certificateFrom } from './world/certificate.ts';
import { parseDiskRule } from './world/disk-rule.ts';
import { FaultyDisk } from './world/faulty-disk.ts';
import { folderError } from './world/folder-error.ts';
import { cutPower } from './world/power-cut.ts';
import { realWorld } from './world/real.ts';
import { sharedSecret } from './world/shared-secret.ts';
import type { World } from './world/world.ts';

/*
 * The program of the bundled broker. This file puts a node together: its flags, its world, and its defects if it shall lie.
 *
 * `main.js name-server …` and `main.js broker …` are nodes. A node prints one JSON line on stdout when it is ready, or one
 * on stderr if it cannot start, and then obeys commands on stdin. `main.js power-cut …` does to the folder of a stopped
 * node what a power cut would have done, and prints what that was. `main.js promote …` makes the name server appoint a
 * node leader of its set.
 *
 * Exit codes: 0 done, or stopped by SIGTERM or SIGINT; 2 bad flag; 4 could not start; 70 a bug of this program.
 */

const exit = { usage: 2, setup: 4, internal: 70 } as const;

const commonFlags = ['host', 'port', 'folder', 'secret-file'];
const brokerFlags = [
  'id',
  'set',
  'name-server',
  'name-server-wait-ms',
  'listen',
  'advertise',
  'advertise-clients',
  'tls-cert',
  'tls-key',
  'users-file',
  'heartbeat-interval-ms',
  'max-batch-bytes',
  'auto-create',
  'max-request-bytes',
  'connection-bytes',
  'segment-bytes',
  'cache-bytes',
  'checkpoint-bytes',
  'flush',
  'flush-interval-ms',
  'thorough-flush-interval-ms',
  'replication',
  'in-sync-replicas',
  'replica-timeout-ms',
  'replica-lag-ms',
  'group-initial-delay-ms',
  'defect',
];
const defectNames = defects.map(({ name }) => name);
const switches = ['exit-with-parent'];

interface Running extends AsyncDisposable {
  readonly ready: Readonly<Record<string, unknown>>;
  /** What it leads and coordinates; the name server nothing. */
  readonly status?: () => object;
}

// Whoever reads our output may end before this process does: that is no reason to crash.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

try {
  await run(process.argv.slice(2));
} catch (error) {
  process.exit(explain(error));
}

async function run([role, ...args]: readonly string[]): Promise<void> {
  if (role === 'power-cut') return powerCut(new Flags(args, ['folder', 'torn'], []));
  if (role === 'promote') return promoteNode(new Flags(args, ['name-server', 'node', 'secret-file'], []));
  if (role !== 'name-server' && role !== 'broker') {
    throw new BrokerError(
      'bad-flag',
      `unknown role ${role ?? '(none)'}`,
      'first argument: name-server, broker, promote or power-cut',
    );
  }
  const flags = new Flags(
    args,
    role === 'broker' ? [...commonFlags, ...brokerFlags] : [...commonFlags, 'master-timeout-ms', 'failover'],
    switches,
  );
  const serving: { node?: Running } = {};
  const { world, commands } = worldOf(flags, () => serving.node?.status?.() ?? {});
  const stop = stopSignal(flags.has('exit-with-parent'), commands);
  const starting = role === 'broker' ? broker(world, flags) : nameServer(world, flags);
  const running = await starting.catch((error: unknown) => {
    throw folderError(error, flags.text('folder')) ?? error;
  });
  serving.node = running;
  process.stdout.write(`${JSON.stringify({ ready: true, role, ...running.ready })}\n`);
  await stop;
  await running[Symbol.asyncDispose]();
  process.exit(0);
}

async function promoteNode(flags: Flags): Promise<void> {
  const node = flags.integer('node', [0, 8191]);
  const epoch = await promote(realWorld('.', log), flags.address('name-server'), node, secretOf(flags));
  process.stdout.write(`${JSON.stringify({ promoted: node, epoch })}\n`);
}

async function powerCut(flags: Flags): Promise<void> {
  const cut = await cutPower(flags.text('folder'), flags.has('torn') ? flags.text('torn') : undefined);
  process.stdout.write(`${JSON.stringify(cut)}\n`);
}

function secretOf(flags: Flags): string {
  return flags.has('secret-file') ? sharedSecret(flags.text('secret-file')) : '';
}

/** What clients must bring. */
function entryOf(flags: Flags): Pick<BrokerSettings, 'entry'> {
  const [isTls, isLogin] = [flags.has('tls-cert') || flags.has('tls-key'), flags.has('users-file')];
  if (!isTls && !isLogin) return {};
  const secret = secretOf(flags);
  // other nodes bring neither
  if (secret === '') throw new BrokerError('bad-flag', '--secret-file is missing', 'TLS and logins need it');
  const certificate = isTls ? { certificate: certificateFrom(flags.text('tls-cert'), flags.text('tls-key')) } : {};
  return { entry: { secret, ...certificate, ...(isLogin ? { users: usersIn(flags.text('users-file')) } : {}) } };
}

function usersIn(file: string): Users {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new BrokerError('bad-users-file', messageOf(error), usersHint, error);
  }
  return usersFrom(text, file);
}

/** The real machine, with a disk that commands can make fail. */
function worldOf(flags: Flags, status: () => object): { world: World; commands: Commands } {
  const logLine = (line: string) => log(`${new Date().toISOString()} ${line}`);
  const notices = new Notices((line) => process.stdout.write(`${JSON.stringify({ notice: line })}\n`));
  const real = realWorld(flags.text('folder'), logLine, (line) => {
    if (notices.tell(line, real.clock.nowMs())) logLine(line);
  });
  const disk = new FaultyDisk(real.disk, real.clock);
  const obey = (rule: unknown) => {
    disk.obey(parseDiskRule(rule));
    return {};
  };
  return { world: { ...real, disk }, commands: { disk: obey, status } };
}

async function nameServer(world: World, flags: Flags): Promise<Running> {
  const settings = {
    host: flags.text('host', '127.0.0.1'),
    port: flags.integer('port', [0, 65_535]),
    masterTimeoutMs: flags.integer('master-timeout-ms', [100, 600_000], 2000),
    failover: flags.choice('failover', failovers, 'none'),
    secret: secretOf(flags),
  };
  const node = await startNameServer(world, settings);
  const ready = { host: settings.host, port: node.port, pid: process.pid };
  return { ready, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() };
}

async function broker(world: World, flags: Flags): Promise<Running> {
  // The id is the upper part of producer ids, which must stay below 2^53.
  const id = flags.integer('id', [0, 8191]);
  const settings: BrokerSettings = {
    id,
    set: flags.integer('set', [0, 8191], id),
    host: flags.text('host', '127.0.0.1'),
    port: flags.integer('port', [0, 65_535]),
    listen: flags.texts('listen'),
    ...(flags.has('advertise') ? { advertised: flags.address('advertise') } : {}),
    ...(flags.has('advertise-clients') ? { clients: flags.address('advertise-clients') } : {}),
    ...entryOf(flags),
    nameServer: flags.address('name-server'),
    secret: secretOf(flags),
    nameServerWaitMs: flags.integer('name-server-wait-ms', [0, 600_000], 3000),
    heartbeatIntervalMs: flags.integer('heartbeat-interval-ms', [10, 60_000], 500),
    autoCreate: flags.integer('auto-create', [0, 10_000], 0),
    maxBatchBytes: flags.integer('max-batch-bytes', [1024, 200_000_000], 1_048_588),
    maxRequestBytes: flags.integer('max-request-bytes', [1024, 1_000_000_000], 104_857_600),
    connectionBytes: flags.integer('connection-bytes', [1_048_576, 2 ** 40], 268_435_456),
    segmentBytes: flags.integer('segment-bytes', [1024, 2 ** 40], 67_108_864),
    cacheBytes: flags.integer('cache-bytes', [262_144, 2 ** 34], 33_554_432),
    checkpointBytes: flags.integer('checkpoint-bytes', [0, 2 ** 40], 67_108_864),
    flush: flags.choice('flush', ['async', 'sync'], 'async'),
    flushIntervalMs: flags.integer('flush-interval-ms', [1, 3_600_000], 500),
    thoroughFlushIntervalMs: flags.integer('thorough-flush-interval-ms', [1, 3_600_000], 10_000),
    replication: flags.choice('replication', ['async', 'sync'], 'async'),
    inSyncReplicas: flags.integer('in-sync-replicas', [1, 16], 1),
    replicaTimeoutMs: flags.integer('replica-timeout-ms', [1, 600_000], 1500),
    replicaLagMs: flags.integer('replica-lag-ms', [10, 600_000], 1000),
    groupInitialDelayMs: flags.integer('group-initial-delay-ms', [0, 60_000], 100),
  };
  const lies = flags.choices('defect', defectNames);
  const node = await startNode(world, settings, (honest) => {
    if (lies.length > 0) world.log(`this node lies on purpose: ${lies.join(', ')}`);
    return withDefects(honest, lies);
  });
  const { set, host } = settings;
  const { role, epoch, port, registration, recovery } = node;
  const ready = { role, id, set, epoch, host, port, pid: process.pid, ...registration, recovery };
  return { ready, status: () => node.status(), [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() };
}

/**
 * Reads commands from stdin, and settles when this process shall stop: at SIGTERM, at SIGINT or, with `withParent`, when
 * stdin ends because the parent has ended.
 */
function stopSignal(withParent: boolean, commands: Commands): Promise<void> {
  return new Promise((resolve, reject) => {
    process.on('SIGTERM', () => resolve());
    process.on('SIGINT', () => resolve());
    // A background process that read its terminal would be suspended (SIGTTIN).
    if (process.stdin.isTTY && !withParent) return;
    const answer = (line: string) => process.stdout.write(`${line}\n`);
    readCommands(process.stdin, answer, commands).then(() => {
      if (withParent) resolve();
    }, reject);
  });
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

function explain(error: unknown): number {
  if (!(error instanceof BrokerError)) {
    log(error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
    return exit.internal;
  }
  log(JSON.stringify({ error: error.code, message: error.message, hint: error.hint }));
  return error.code === 'bad-flag' ? exit.usage : exit.setup;
}
