import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';

const program = path.resolve(import.meta.dirname, '../../../dist/broker/main.js');
const readyLimitMs = 30_000;

export interface Exit {
  readonly code: number | null;
  readonly stderr: string;
}

/** One node process of the bundled broker. */
export class BrokerProcess implements AsyncDisposable {
  readonly args: readonly string[];
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #lines: string[] = [];
  #stderr = '';
  #waiting: (() => void) | undefined;
  ready: Record<string, unknown> & { port: number; pid: number } = { port: 0, pid: 0 };

  private constructor(args: readonly string[]) {
    this.args = args;
    this.#child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#exited = once(this.#child, 'close');
    let text = '';
    this.#child.stdout?.on('data', (chunk) => {
      const lines = `${text}${chunk}`.split('\n');
      text = lines.pop() ?? '';
      this.#lines.push(...lines);
      this.#waiting?.();
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#stderr += chunk;
    });
  }

  static async start(...args: string[]): Promise<BrokerProcess> {
    const node = new BrokerProcess(args);
    const line = await Promise.race([node.#line(), node.#exited.then(() => undefined), after(readyLimitMs)]);
    if (line === undefined) {
      await node.kill();
      throw new Error(`not ready: ${args.join(' ')}\n${node.#stderr}`);
    }
    node.ready = JSON.parse(line);
    return node;
  }

  /** Runs one that is expected to refuse. */
  static async refused(...args: string[]): Promise<Exit> {
    const node = new BrokerProcess(args);
    await Promise.race([node.#exited, after(readyLimitMs)]);
    const code = node.#child.exitCode;
    await node.kill();
    return { code, stderr: node.#stderr };
  }

  get address(): string {
    return `127.0.0.1:${this.ready.port}`;
  }

  get stderr(): string {
    return this.#stderr;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    this.#child.kill(signal);
    await this.#exited;
    return this.#child.exitCode;
  }

  /** Ends its stdin, as the death of its parent would. */
  async orphan(): Promise<number | null> {
    this.#child.stdin?.end();
    await Promise.race([this.#exited, after(readyLimitMs)]);
    return this.#child.exitCode;
  }

  /** The same node again, on the same port. */
  restart(): Promise<BrokerProcess> {
    const args = [...this.args];
    args[args.indexOf('--port') + 1] = String(this.ready.port);
    return BrokerProcess.start(...args);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** Tells the node a command on stdin; its answer. */
  async command(command: object): Promise<unknown> {
    return await this.tell(JSON.stringify(command));
  }

  async tell(line: string): Promise<unknown> {
    this.#child.stdin?.write(`${line}\n`);
    const answer = await Promise.race([this.#line(), after(readyLimitMs)]);
    if (answer === undefined) throw new Error(`no answer to ${line}`);
    return JSON.parse(answer);
  }

  /** The next line of its stdout. One asker at a time. */
  async #line(): Promise<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }
}

/** Runs a program that is no node to its end. */
export async function runProgram(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}

/** A name server and masters in a folder of their own, gone with the test. */
export class TestCluster implements AsyncDisposable {
  readonly folder: string;
  nameServer: BrokerProcess;
  readonly masters: BrokerProcess[] = [];

  private constructor(folder: string, nameServer: BrokerProcess) {
    this.folder = folder;
    this.nameServer = nameServer;
  }

  static async start(masterCount: number, ...masterFlags: string[]): Promise<TestCluster> {
    const folder = await mkdtemp(path.join(tmpdir(), 'mqchaos-broker-'));
    const nameServer = await BrokerProcess.start('name-server', '--port', '0', '--folder', path.join(folder, 'ns'));
    const cluster = new TestCluster(folder, nameServer);
    for (let id = 1; id <= masterCount; id++) {
      cluster.masters.push(await BrokerProcess.start(...cluster.masterArgs(id), ...masterFlags));
    }
    return cluster;
  }

  masterArgs(id: number, port = 0): string[] {
    const folder = this.folderOf(id);
    const place = ['--host', '127.0.0.1', '--port', String(port), '--folder', folder];
    return ['broker', '--id', String(id), ...place, '--name-server', this.nameServer.address];
  }

  master(id: number): BrokerProcess {
    const master = this.masters[id - 1];
    if (master === undefined) throw new Error(`no master ${id}`);
    return master;
  }

  folderOf(id: number): string {
    return path.join(this.folder, `m${id}`);
  }

  /** Stops a master as a power cut does, and starts it again; what was lost. */
  async cutPower(id: number, torn?: number): Promise<{ droppedBytes: number; cut: { file: string }[] }> {
    await this.master(id).kill('SIGKILL');
    const seed = torn === undefined ? [] : ['--torn', String(torn)];
    const { code, stdout, stderr } = await runProgram('power-cut', '--folder', this.folderOf(id), ...seed);
    if (code !== 0) throw new Error(stderr);
    await this.restartMaster(id);
    return JSON.parse(stdout);
  }

  async restartMaster(id: number): Promise<BrokerProcess> {
    const again = await this.master(id).restart();
    this.masters[id - 1] = again;
    return again;
  }

  kafka(retries = 20): Kafka {
    const brokers = this.masters.map(({ address }) => address);
    const retry = { retries, initialRetryTime: 50, maxRetryTime: 500 };
    return new Kafka({ clientId: 'test', brokers, logLevel: logLevel.NOTHING, retry, requestTimeout: 5000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of [...this.masters, this.nameServer]) await node.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export async function createTopic(kafka: Kafka, topic: string, numPartitions: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }] });
  await admin.disconnect();
}

/** Reads a topic from its start until `enough` says so, with a group of its own; returns the values. */
export async function consumeUntil(
  kafka: Kafka,
  topic: string,
  groupId: string,
  enough: (values: readonly string[]) => boolean,
  limitMs = 60_000,
): Promise<string[]> {
  const consumer = kafka.consumer({ groupId, heartbeatInterval: 300, sessionTimeout: 10_000, maxWaitTimeInMs: 200 });
  const values: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const done = new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value));
        if (enough(values)) resolve();
      },
    });
  });
  await Promise.race([done, after(limitMs)]);
  await consumer.disconnect();
  return values;
}

export function after(delayMs: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), delayMs).unref();
  });
}
