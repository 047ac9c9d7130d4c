/** A server process of ours: started from a NodeSpec, in a folder of its own, on the same address after a restart. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, ToolError } from '../errors.ts';
import type { NodeState } from '../journal/event.ts';
import { inTime, noAbort } from '../wait.ts';
import { untilAnswers } from './answers.ts';
import type { Controls, DiskRule, Evidence, Node } from './controls.ts';
import { Conversation, parsed } from './conversation.ts';
import type { NodeSpec, Powers } from './node-spec.ts';
import { dropUnsynced, makeLeader, removeFiles } from './powers.ts';
import { type Exit, type OwnedProcess, startProcess } from './process.ts';
import { pauseProcess, resumeProcess } from './signals.ts';

const killBoundMs = 5000;
const stopBoundMs = 10_000;

export type NodeObserver = (node: LocalNode, state: NodeState, detail: Evidence) => void;

export class LocalNode implements Node {
  readonly id: string;
  readonly role: NodeSpec['role'];
  readonly address?: string;
  readonly controls: Controls;
  readonly #spec: NodeSpec;
  readonly #run: string;
  readonly #observe: NodeObserver;
  #process: OwnedProcess | undefined;
  #conversation: Conversation | undefined;
  /** An end that we asked for; any other end of the process is the node's own failure. */
  #ending = false;

  constructor(spec: NodeSpec, run: string, observe: NodeObserver) {
    this.id = spec.id;
    this.role = spec.role;
    if (spec.address !== undefined) this.address = spec.address;
    this.#spec = spec;
    this.#run = run;
    this.#observe = observe;
    this.controls = {
      kill: () => this.#kill(),
      stop: () => this.#end('SIGTERM', stopBoundMs, 'stopped'),
      start: () => this.start(),
      pause: async () => this.#told('paused', await pauseProcess(this.#running().pid)),
      resume: async () => this.#told('resumed', await resumeProcess(this.#running().pid)),
      ...(spec.powers === undefined ? {} : this.#powerControls(spec.powers)),
    };
  }

  /** @throws ToolError `node-not-ready` (exit 4) with what the process said last. */
  async start(): Promise<Evidence> {
    if (this.#process !== undefined && this.#process.exited() === undefined) throw new Error(`${this.id} is running`);
    mkdirSync(this.#spec.folder, { recursive: true });
    this.#ending = false;
    this.#observe(this, 'starting', {});
    const started = performance.now();
    const { command, args, folder, environment } = this.#spec;
    const owned = await startProcess({
      name: this.id,
      command,
      args,
      folder,
      run: this.#run,
      ...(environment === undefined ? {} : { environment }),
      ipc: false,
    });
    this.#process = owned;
    this.#conversation = new Conversation(owned);
    void owned.exit.then((exit) => this.#ended(owned, exit));
    const serves = this.#spec.ready === 'json-line' ? readyLine(owned) : this.#answers();
    const line = await inTime(Promise.race([serves, owned.exit.then(() => undefined)]), {
      boundMs: this.#spec.readyMs,
      signal: noAbort,
    });
    if (line === undefined) throw await this.#notReady(owned);
    const { ready: _, ...said } = line;
    return this.#told('ready', { ...said, pid: owned.pid, readyMs: Math.round(performance.now() - started) });
  }

  async #answers(): Promise<Evidence | undefined> {
    const { address = '', readyMs } = this.#spec;
    return untilAnswers(address, true, readyMs, noAbort).then(
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

  /** Asks the process to end by itself, then makes it. */
  async shutdown(): Promise<void> {
    this.#ending = true;
    this.#process?.signal('SIGCONT');
    this.#process?.signal('SIGTERM');
    if (this.#process === undefined) return;
    if ((await inTime(this.#process.exit, { boundMs: 3000, signal: noAbort })) === undefined) await this.destroy();
  }

  #powerControls(powers: Powers): Controls {
    return {
      cutPower: async (tornSeed) => ({
        ...(await this.#kill()),
        ...(await dropUnsynced(powers, this.#run, tornSeed)),
      }),
      wipe: async () => ({ ...(await this.#kill()), ...removeFiles(this.#spec.folder) }),
      promote: () => makeLeader(powers, this.#run),
      disk: (rule) => this.#disk(rule),
    };
  }

  /** A rule is in the process alone, so that a node that is down has none. */
  async #disk(rule: DiskRule | null): Promise<Evidence> {
    this.#running();
    const answer = await this.#conversation?.order({ disk: rule });
    return { ...(rule ?? { healed: true }), ...answer };
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
    if (owned === this.#process && !this.#ending) this.#observe(this, 'failed', { pid: owned.pid, ...exit });
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

/** The bundled broker's nodes say why they end as one JSON line on stderr. */
function lastError(path: string): { message: string; code?: string; hint?: string } {
  let lines: string[];
  try {
    lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  } catch {
    return { message: '' };
  }
  const last = lines.at(-1) ?? '';
  try {
    const { error, message, hint } = JSON.parse(last) as { error?: string; message?: string; hint?: string };
    return {
      message: message ?? last,
      ...(error === undefined ? {} : { code: error }),
      ...(hint === undefined ? {} : { hint }),
    };
  } catch {
    return { message: last };
  }
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
