/**
 * A real Kafka broker of one node for tests: KRaft, free ports, a folder of its own, a pid file. Its jars come from
 * `scripts/install-kafka.sh`; where they or Java are missing, tests that need it say so by name and are skipped, but
 * fail where CI is set.
 *
 * `commands` start, kill, stop, pause and continue it from a shell, for profiles whose cluster has `control`.
 */
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePorts } from '../../src/cluster/ports.ts';
import { accessTo } from './access.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export const kafkaHome = resolve(process.env.MQCHAOS_KAFKA_HOME ?? join(root, 'test/.cache/kafka'));

/** Why there is no real Kafka here; undefined when there is. Installs the jars where CI is set. */
export function missingKafka(): string | undefined {
  const ci = process.env.CI === 'true';
  const reason = findMissing(ci);
  if (reason !== undefined && ci) throw new Error(`no real Kafka, and CI=true: ${reason}`);
  return reason;
}

function findMissing(install: boolean): string | undefined {
  if (spawnSync('java', ['-version'], { stdio: 'ignore' }).status !== 0) return 'java (17 or newer) is not on the PATH';
  if (!existsSync(join(kafkaHome, 'libs')) && install) {
    execFileSync(join(root, 'scripts/install-kafka.sh'), [kafkaHome], { stdio: 'inherit' });
  }
  if (!existsSync(join(kafkaHome, 'libs'))) return 'its jars are not installed: run scripts/install-kafka.sh';
  return undefined;
}

export interface RealKafka extends AsyncDisposable {
  readonly bootstrap: string;
  /** Wants TLS and a login: user `alice`, password `secret`, mechanism PLAIN or SCRAM-SHA-512. */
  readonly secured: string;
  readonly folder: string;
  readonly pidFile: string;
  /** One shell line each; they work on the pid file, so on whatever process `start` made last. */
  readonly commands: {
    readonly start: string;
    readonly kill: string;
    readonly stop: string;
    readonly pause: string;
    readonly continue: string;
  };
  pid(): number;
  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Kills and waits until the process is gone. */
  kill(): Promise<void>;
  /** Starts again with the same data; resolves when it serves. */
  start(): Promise<void>;
}

export interface RealKafkaOptions {
  /** Lines for server.properties. */
  readonly properties?: readonly string[];
  /** A listener more, for a link that leads there: its port, and that of the link, which it advertises. */
  readonly linked?: { readonly port: number; readonly advertised: number };
}

export async function startKafka(options: RealKafkaOptions = {}): Promise<RealKafka> {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-kafka-'));
  const ports = await freePorts(3);
  writeFileSync(join(folder, 'server.properties'), properties(folder, ports, options));
  writeFileSync(join(folder, 'log4j2.yaml'), log4j);
  writeFileSync(join(folder, 'start.sh'), startScript(folder), { mode: 0o755 });
  const broker = new Broker(folder, `127.0.0.1:${ports[0]}`, `127.0.0.1:${ports[2]}`);
  try {
    format(folder);
    await broker.start();
  } catch (error) {
    await broker[Symbol.asyncDispose]();
    throw error;
  }
  return broker;
}

export interface RealKafkaCluster extends AsyncDisposable {
  /** What `mqchaos matrix --cluster` takes: three brokers, b1 to b3, with controls. */
  readonly file: string;
}

/** Three brokers that are controllers, too, as `scripts/kafka-cluster.sh` makes them for anybody. */
export async function startKafkaCluster(): Promise<RealKafkaCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-kafka-'));
  const ports = await freePorts(6);
  const script = async (command: 'start' | 'stop'): Promise<void> => {
    await promisify(execFile)(join(root, 'scripts/kafka-cluster.sh'), [command, folder], {
      env: { ...process.env, KAFKA_LIBS: join(kafkaHome, 'libs'), KAFKA_PORTS: ports.join(' ') },
      timeout: 180_000,
    });
  };
  const end = async (): Promise<void> => {
    await script('stop');
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }); // a killed broker may be closing files
  };
  try {
    await script('start');
  } catch (error) {
    await end();
    throw error;
  }
  return { file: join(folder, 'kafka.yaml'), [Symbol.asyncDispose]: end };
}

class Broker implements RealKafka {
  readonly folder: string;
  readonly bootstrap: string;
  readonly secured: string;
  readonly pidFile: string;
  readonly commands: RealKafka['commands'];
  readonly #started: ChildProcess[] = [];

  constructor(folder: string, bootstrap: string, secured: string) {
    this.folder = folder;
    this.bootstrap = bootstrap;
    this.secured = secured;
    this.pidFile = join(folder, 'pid');
    const signal = (name: string): string => `kill -${name} "$(cat '${this.pidFile}')"`;
    this.commands = {
      // Returns at once; the broker is ready some seconds later.
      start: `'${join(folder, 'start.sh')}' > /dev/null 2>&1 &`,
      kill: signal('KILL'),
      stop: signal('TERM'),
      pause: signal('STOP'),
      continue: signal('CONT'),
    };
  }

  pid(): number {
    return Number(readFileSync(this.pidFile, 'utf8'));
  }

  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.pid(), name);
  }

  async kill(): Promise<void> {
    const pid = this.pid();
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await until('the killed broker is gone', 10_000, () => !isAlive(pid));
  }

  async start(): Promise<void> {
    const out = openSync(join(this.folder, 'out.log'), 'a');
    // Detached, so that a test that is interrupted by Ctrl-C still gets to end it by its pid.
    const child = spawn(join(this.folder, 'start.sh'), { stdio: ['ignore', out, out], detached: true });
    closeSync(out);
    this.#started.push(child);
    const isUp = async (): Promise<boolean> => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
      return serves(this.bootstrap);
    };
    await until('Kafka serves', 60_000, isUp).catch((cause: unknown) => {
      const output = readFileSync(join(this.folder, 'out.log'), 'utf8').slice(-4000);
      throw new Error(`Kafka did not start:\n${output}`, { cause });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (existsSync(this.pidFile)) {
      const pid = this.pid();
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      await until('the broker is gone', 10_000, () => !isAlive(pid));
    }
    for (const child of this.#started) child.unref();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `kill -0` succeeds on a zombie too, which is dead for all that matters. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const state = existsSync('/proc/self/stat') ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) : 'R';
    return !state?.startsWith('Z');
  } catch {
    return false;
  }
}

/** Registered with its controller and answering Metadata: the port alone opens before that. */
async function serves(bootstrap: string): Promise<boolean> {
  const { driver: kafka } = await import('../../src/products/kafka/driver.ts');
  if (!(await accepts(bootstrap))) return false;
  try {
    await using admin = await kafka.admin(accessTo([bootstrap]));
    return (await admin.version(AbortSignal.timeout(2_000))).endsWith('brokers: 1');
  } catch {
    return false;
  }
}

function accepts(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolveAnswer) => {
    const socket = connect({ host: host!, port: Number(port) });
    socket.once('connect', () => resolveAnswer(true)).once('error', () => resolveAnswer(false));
    socket.once('connect', () => socket.destroy());
  });
}

export async function until(what: string, limitMs: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

function format(folder: string): void {
  const { status, stdout, stderr } = spawnSync(
    'java',
    [
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      `-Dlog4j2.configurationFile=${join(folder, 'log4j2.yaml')}`,
      ...['-cp', `${kafkaHome}/libs/*`, 'kafka.tools.StorageTool', 'format'],
      ...['-t', 'AAAAAAAAAAAAAAAAAAAAAA', '-c', join(folder, 'server.properties')],
      ...['--add-scram', 'SCRAM-SHA-512=[name=alice,password=secret]'],
    ],
    { encoding: 'utf8', cwd: folder },
  );
  if (status !== 0) throw new Error(`Kafka's storage could not be formatted:\n${stdout}${stderr}`);
}

/** `exec`, so that the pid that was written is the broker's own. */
function startScript(folder: string): string {
  return `#!/bin/sh
cd '${folder}' || exit 1
echo $$ > pid.new && mv pid.new pid
exec java -Xms256m -Xmx512m -XX:+UseG1GC -Dkafka.logs.dir='${folder}/logs' \\
  -Dlog4j2.configurationFile='${folder}/log4j2.yaml' -cp '${kafkaHome}/libs/*' kafka.Kafka server.properties \\
  >> out.log 2>&1 < /dev/null
`;
}

function properties(
  folder: string,
  [clients, controller, secured]: readonly number[],
  { properties: more = [], linked }: RealKafkaOptions,
): string {
  const linkedTo = (port?: number): string => (port === undefined ? '' : `,LINKED://127.0.0.1:${port}`);
  const modules = 'org.apache.kafka.common.security';
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=PLAINTEXT://127.0.0.1:${clients},SECURED://127.0.0.1:${secured},CONTROLLER://127.0.0.1:${controller}${linkedTo(linked?.port)}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${clients},SECURED://127.0.0.1:${secured}${linkedTo(linked?.advertised)}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL,LINKED:PLAINTEXT',
    'listener.name.secured.ssl.keystore.type=PEM',
    `listener.name.secured.ssl.keystore.location=${join(root, 'test/support/tls/broker.pem')}`,
    'listener.name.secured.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512',
    `listener.name.secured.plain.sasl.jaas.config=${modules}.plain.PlainLoginModule required user_alice="secret";`,
    `listener.name.secured.scram-sha-512.sasl.jaas.config=${modules}.scram.ScramLoginModule required;`,
    `log.dirs=${join(folder, 'data')}`,
    'num.partitions=3',
    'default.replication.factor=1',
    'min.insync.replicas=1',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=3',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    // Otherwise no session shorter than 6 s is accepted.
    'group.min.session.timeout.ms=500',
    'auto.create.topics.enable=false',
    'num.network.threads=2',
    'num.io.threads=4',
    // The controller refuses a restarted node until its old session has expired: 9 s by default.
    'broker.session.timeout.ms=2000',
    'broker.heartbeat.interval.ms=300',
    ...more,
    '',
  ].join('\n');
}

const log4j = `Configuration:
  Appenders:
    Console: { name: out, PatternLayout: { pattern: "%d %p %c{1} %m%n" } }
  Loggers:
    Root: { level: WARN, AppenderRef: { ref: out } }
`;
