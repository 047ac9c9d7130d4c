import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { sharedSecret } from '../../../src/broker/world/shared-secret.ts';
import { BrokerProcess, runProgram } from '../support/nodes.ts';
import type { Role } from './frames.ts';

/** What a node may say of a request that it cannot take; anything else on stderr with a stack is a bug of the node. */
const bugs = /request failed|^\s+at .+:\d+:\d+|Error:/m;

/** Processes of a cluster with a secret, watched for bugs. */
export class FuzzedCluster implements AsyncDisposable {
  readonly problems: string[] = [];
  /** The frame that is due, for what is told of a problem. */
  frame = 0;
  readonly secret: string;
  readonly #folder: string;
  readonly #nodes = new Map<string, BrokerProcess>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.secret = sharedSecret(path.join(folder, 'secret'));
  }

  /** A name server, master 1 and, on demand, its slave 17. */
  static async start(withSlave: boolean): Promise<FuzzedCluster> {
    const cluster = new FuzzedCluster(await mkdtemp(path.join(tmpdir(), 'mqchaos-fuzz-')));
    await cluster.#start('name-server', 'name-server', '--failover', 'in-sync');
    const set = ['--set', '1', '--name-server', cluster.#node('name-server').address];
    await cluster.#start('master', 'broker', '--id', '1', ...set);
    if (withSlave) await cluster.#start('slave', 'broker', '--id', '17', ...set);
    return cluster;
  }

  /** Of the master. */
  get broker(): string {
    return this.#node('master').address;
  }

  get port(): number {
    return this.#node('master').ready.port;
  }

  get ports(): Record<Role, number[]> {
    const of = (wanted: (name: string) => boolean) =>
      [...this.#nodes].flatMap(([name, { ready }]) => (wanted(name) ? [ready.port] : []));
    return { 'name-server': of((name) => name === 'name-server'), broker: of((name) => name !== 'name-server') };
  }

  /** Whether all nodes live and none has told of a bug. */
  get isFine(): boolean {
    for (const [name, node] of this.#nodes) {
      if (node.hasEnded) this.problems.push(`${name} has ended: ${node.stderr.slice(-2000)}`);
    }
    return this.problems.length === 0;
  }

  /** By node, the most memory that it ever had (VmHWM). */
  mostMemoryMiB(): Record<string, number> {
    const most = [...this.#nodes].map(([name, { ready }]) => {
      const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${ready.pid}/status`, 'utf8'));
      return [name, Math.round(Number(found?.[1]) / 1024)] as const;
    });
    return Object.fromEntries(most);
  }

  /** Kills all nodes. They start again from their logs alone, and tell of a problem if a byte of a log had to be cut. */
  async recover(): Promise<void> {
    const names = [...this.#nodes.keys()];
    for (const name of names) await this.#node(name).kill();
    for (const name of names) {
      const folder = path.join(this.#folder, name);
      const derived = (await readdir(folder)).filter((file) => file.startsWith('checkpoint-') || file === 'index');
      for (const file of derived) await rm(path.join(folder, file), { recursive: true });
      const again = await this.#node(name).restart();
      this.#use(name, again);
      const { recovery } = again.ready as { recovery?: { cut: unknown; checkpoint: string } };
      if (name === 'name-server' || (recovery?.cut === null && recovery.checkpoint === 'none')) continue;
      this.problems.push(`${name} recovered ${JSON.stringify(recovery)}`);
    }
  }

  /** Makes the master leader of its set again, if it is not. */
  async promoteMaster(): Promise<void> {
    const place = ['--name-server', this.#node('name-server').address, '--node', '1'];
    const { code, stderr } = await runProgram('promote', ...place, '--secret-file', path.join(this.#folder, 'secret'));
    if (code !== 0 && !stderr.includes('leads already')) throw new Error(stderr);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes.values()) await node.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #start(name: string, ...args: string[]): Promise<void> {
    const place = ['--host', '127.0.0.1', '--port', '0', '--folder', path.join(this.#folder, name)];
    const secret = ['--secret-file', path.join(this.#folder, 'secret')];
    const [role = '', ...others] = args;
    this.#use(name, await BrokerProcess.start(role, ...place, ...secret, ...others));
  }

  #use(name: string, node: BrokerProcess): void {
    this.#nodes.set(name, node);
    node.heard = (text) => {
      if (bugs.test(text)) this.problems.push(`${name}, about frame ${this.frame}: ${text.slice(0, 2000)}`);
    };
  }

  #node(name: string): BrokerProcess {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`no ${name}`);
    return node;
  }
}
