/** A server process of ours: started from a NodeSpec, in a folder of its own, on the same address after a restart. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exitCodes, messageOf, ToolError } from '../errors.ts';
import type { NodeState } from '../journal/event.ts';
import { inTime, noAbort, poll, throwIfAborted } from '../wait.ts';
import { untilAnswers } from './answers.ts';
import type { Controls, Evidence, Node } from './controls.ts';
import { Conversation, parsed } from './conversation.ts';
import { lastError } from './last-error.ts';
import type { Links } from './links/links.ts';
import type { NodeSpec, Program } from './node-spec.ts';
import { operatorControls } from './operator.ts';
import { type Exit, type OwnedProcess, runProgram, startProcess } from './process.ts';
import { pauseProcess, resumeProcess } from './signals.ts';
import { MountedVolume } from './volumes/mounted-volume.ts';
import { volumeControls } from './volumes/volume.ts';

const killBoundMs = 5000;
const stopBoundMs = 10_000;
const askEveryMs = 50;

export type NodeObserver = (node: LocalNode, state: NodeState, detail: Evidence) => void;

/** Whether a node serves, asked now; undefined: not yet. */
export type Serves = (node: NodeSpec) => Promise<Evidence | undefined>;

export class LocalNode implements Node {
  readonly id: string;
  readonly role: NodeSpec['role'];
  readonly address?: string;
  readonly advertised?: string;
  readonly addresses?: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly controls: Controls;
  readonly #spec: NodeSpec;
  readonly #run: string;
  readonly #observe: NodeObserver;
  readonly #serves: Serves | undefined;
  readonly #links: Links | undefined;
  #process: OwnedProcess | undefined;
  #conversation: Conversation | undefined;
  /** From the first start on, where it has one. */
  #volume: MountedVolume | undefined;
  /** Called with what the process says unasked. */
  onNotice: ((text: string) => void) | undefined;
  /** An end that we asked for; any other end of the process is the node's own failure. */
  #ending = false;

  /**
   * @param serves asked of a spec that leaves it to the driver to say when the node is ready.
   * @param links what stands before the node, if anything does.
   */
  constructor(spec: NodeSpec, run: string, observe: NodeObserver, serves?: Serves, links?: Links) {
    this.id = spec.id;
    this.role = spec.role;
    this.folder = spec.folder;
    if (spec.address !== undefined) this.address = spec.address;
    if (spec.advertised !== undefined) this.advertised = spec.advertised;
    if (spec.addresses !== undefined) this.addresses = spec.addresses;
    this.#spec = spec;
    this.#run = run;
    this.#observe = observe;
    this.#serves = serves;
    this.#links = links;
    this.controls = {
      kill: () => this.#kill(),
      stop: () => this.#end('SIGTERM', spec.stopMs ?? stopBoundMs, 'stopped'),
      start: () => this.start(),
      pause: async () => this.#told('paused', await pauseProcess(this.#running().pid)),
      resume: async () => this.#told('resumed', await resumeProcess(this.#running().pid)),
      ...(spec.volume === undefined ? {} : volumeControls(spec.volume, this.#volumeHost())),
      ...(spec.links === undefined || links === undefined ? {} : { link: links.control(spec.id) }),
      ...wireControl(links?.wire(spec.id)),
      ...(spec.operator === undefined ? {} : operatorControls(spec.operator, run)),
    };
  }

  /**
   * @param signal ends the wait until it is ready. By default nothing does: a fault is healed to its end.
   * @throws ToolError `node-not-ready` (exit 4) with what the process said last; AbortedError. Its process is ended.
   */
  async start(signal = noAbort): Promise<Evidence> {
    if (this.#process !== undefined && this.#process.exited() === undefined) throw new Error(`${this.id} is running`);
    this.#ending = false;
    this.#observe(this, 'starting', {});
    const started = performance.now();
    await this.#prepare(signal);
    const { folder, environment } = this.#spec;
    const owned = await startProcess({
      name: this.id,
      ...this.#inside(this.#spec),
      folder,
      run: this.#run,
      ...(environment === undefined ? {} : { environment }),
      ipc: false,
    });
    this.#process = owned;
    this.#conversation = new Conversation(owned, (text) => this.onNotice?.(text));
    void owned.exit.then((exit) => this.#ended(owned, exit));
    const ready = this.#ready(owned); // it listens from now on
    await this.#links?.know(this.id, owned.pid);
    const line = await inTime(Promise.race([ready, owned.exit.then(() => undefined)]), {
      boundMs: this.#spec.readyMs,
      signal,
    });
    if (line === undefined) {
      const error = await this.#notReady(owned);
      throwIfAborted(signal);
      throw error;
    }
    const { ready: _, ...said } = line;
    return this.#told('ready', { ...said, pid: owned.pid, readyMs: Math.round(performance.now() - started) });
  }

  /** Its files, and whatever has to be done once before a process can start on them. */
  async #prepare(signal: AbortSignal): Promise<void> {
    const { folder, files = [], prepare } = this.#spec;
    mkdirSync(folder, { recursive: true });
    await this.#mount(signal);
    for (const { path, text, mode = 0o644 } of files) {
      const full = join(folder, path);
      if (existsSync(full)) continue;
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, text, { mode });
      chmodSync(full, mode); // whatever the umask
    }
    if (prepare === undefined) return;
    const unless = join(folder, prepare.unless);
    if ((await this.#volume?.exists(unless)) ?? existsSync(unless)) return;
    await runProgram({ ...prepare, ...this.#inside(prepare) }, this.#run).catch((cause: unknown) => {
      throw new ToolError(`node ${this.id} could not be prepared: ${messageOf(cause)}`, {
        code: 'node-not-prepared',
        hint: `its files are in ${folder}`,
        exitCode: exitCodes.setup,
        cause,
      });
    });
  }

  /** Its disk, where the profile gives it one. It stays through every end of the process but the last. */
  async #mount(signal: AbortSignal): Promise<void> {
    const { volume: spec, folder } = this.#spec;
    if (spec?.disk === undefined || this.#volume !== undefined) return;
    const { disk, mount } = spec;
    const parts = { name: this.id, disk, folder, mount: join(folder, mount), run: this.#run, signal };
    const volume = await MountedVolume.open(parts);
    this.#volume = volume;
    void volume.ended.then((exit) => {
      if (volume === this.#volume) this.#observe(this, 'failed', { volume: disk.kind, ...exit });
    });
  }

  /** The command line of a program that is to see the node's disk. */
  #inside({ command, args }: Pick<Program, 'command' | 'args'>): Pick<Program, 'command' | 'args'> {
    return this.#volume?.inside({ command, args }) ?? { command, args };
  }

  /** Everything that it has written is on its disk when it resolves. Undefined: it has none that could lose anything. */
  checkpoint(): Promise<Evidence> | undefined {
    return this.#spec.volume?.disk?.checkpoint === true ? this.#volume?.checkpoint() : undefined;
  }

  /** Resolves with the evidence that it serves; undefined: not in time. */
  #ready(owned: OwnedProcess): Promise<Evidence | undefined> {
    const { ready, address = '', readyMs } = this.#spec;
    const gone = endOf(owned);
    if (ready === 'json-line') return readyLine(owned);
    if (ready === 'driver') {
      const serves = this.#serves;
      if (serves === undefined) throw new Error(`nobody can say when ${this.id} serves`);
      const ask = async (): Promise<Evidence | undefined> =>
        owned.exited() === undefined ? serves(this.#spec) : undefined;
      return poll(ask, { everyMs: askEveryMs, boundMs: readyMs, signal: gone });
    }
    return untilAnswers(address, true, readyMs, gone).then(
      () => ({ address, answers: true }),
      () => undefined,
    );
  }

  /** Ends the process whatever state it is in. Never rejects. */
  async destroy(): Promise<void> {
    this.#ending = true;
    this.#process?.signal('SIGCONT');
    this.#process?.signal('SIGKILL');
    if (this.#process !== undefined) await inTime(this.#process.exit, { boundMs: killBoundMs, signal: noAbort });
  }

  /** Ends the process for good, and its disk with it. Never rejects. */
  async end(): Promise<void> {
    await this.shutdown();
    const volume = this.#volume;
    this.#volume = undefined;
    await volume?.close();
  }

  /** Asks the process to end by itself, then makes it. */
  async shutdown(): Promise<void> {
    this.#ending = true;
    this.#process?.signal('SIGCONT');
    this.#process?.signal('SIGTERM');
    if (this.#process === undefined) return;
    if ((await inTime(this.#process.exit, { boundMs: 3000, signal: noAbort })) === undefined) await this.destroy();
  }

  /** Asks the running process something. @throws Error when it is not running, or does not answer. */
  async ask(order: Evidence): Promise<Evidence> {
    return await this.#volumeHost().conversation().order(order);
  }

  #volumeHost() {
    return {
      folder: this.#spec.folder,
      run: this.#run,
      isRunning: () => this.#process !== undefined && this.#process.exited() === undefined,
      kill: () => this.#kill(),
      start: () => this.start(),
      volume: (): MountedVolume => {
        if (this.#volume === undefined) throw new Error(`${this.id} has no volume yet`);
        return this.#volume;
      },
      conversation: (): Conversation => {
        this.#running();
        if (this.#conversation === undefined) throw new Error(`${this.id} is not running`);
        return this.#conversation;
      },
    };
  }

  #kill(): Promise<Evidence> {
    return this.#end('SIGKILL', killBoundMs, 'killed');
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM', boundMs: number, state: 'killed' | 'stopped'): Promise<Evidence> {
    const owned = this.#running();
    this.#ending = true;
    const from = performance.now();
    if (!owned.signal(signal)) throw new Error(`${this.id}: ${signal} was not delivered`);
    const exit = await inTime(owned.exit, { boundMs, signal: noAbort });
    if (exit === undefined) throw new Error(`${this.id} is still there ${boundMs} ms after ${signal}`);
    return this.#told(state, { pid: owned.pid, ...exit, goneAfterMs: round(performance.now() - from) });
  }

  #running(): OwnedProcess {
    if (this.#process === undefined || this.#process.exited() !== undefined)
      throw new Error(`${this.id} is not running`);
    return this.#process;
  }

  #ended(owned: OwnedProcess, exit: Exit): void {
    if (owned !== this.#process || this.#ending) return;
    // what ends because its disk fails ends by the fault
    const byFault = this.#volume?.rule !== undefined;
    this.#observe(this, byFault ? 'killed' : 'failed', { pid: owned.pid, ...exit, ...(byFault ? { by: 'disk' } : {}) });
  }

  #told(state: NodeState, evidence: Evidence): Evidence {
    this.#observe(this, state, evidence);
    return evidence;
  }

  async #notReady(owned: OwnedProcess): Promise<ToolError> {
    const exit = owned.exited();
    await this.destroy();
    const how = exit === undefined ? `is not ready after ${this.#spec.readyMs} ms` : `ended with ${describeExit(exit)}`;
    const said = lastError(join(this.#spec.folder, 'stderr.log'));
    return new ToolError(`node ${this.id} ${how}${said.message === '' ? '' : `: ${said.message}`}`, {
      code: said.code ?? 'node-not-ready',
      hint: said.hint ?? `its output is in ${this.#spec.folder}`,
      exitCode: exitCodes.setup,
    });
  }
}

function wireControl(wire: Controls['wire']): Controls {
  return wire === undefined ? {} : { wire };
}

/** Aborts when the process is gone: nothing is to be waited for then. */
function endOf(owned: OwnedProcess): AbortSignal {
  const gone = new AbortController();
  void owned.exit.then(() => gone.abort());
  return gone.signal;
}

function readyLine(owned: OwnedProcess): Promise<Evidence> {
  return new Promise((resolve) => {
    owned.onLine((line) => {
      const said = parsed(line);
      if (said?.ready === true) resolve(said);
    });
  });
}

export function describeExit(exit: Exit): string {
  return exit.signal === null ? `exit code ${exit.exitCode}` : exit.signal;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
