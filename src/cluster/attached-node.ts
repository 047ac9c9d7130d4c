/**
 * A server process that is not ours: faults act on it only in the ways that the profile gives (`control`). Whatever is
 * done to it is written to the ledger first, with its undoing.
 */
import { readFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import type { NodeState } from '../journal/event.ts';
import type { NodeControl } from '../products/cluster.ts';
import { noAbort } from '../wait.ts';
import { answersAt, untilAnswers } from './answers.ts';
import type { AttachedObserver } from './attached.ts';
import type { Controls, Evidence, Node } from './controls.ts';
import { processStart } from './proc.ts';
import { runCommand } from './process.ts';
import { gone, pauseProcess, resumeProcess } from './signals.ts';
import type { Ledger } from './undo/ledger.ts';

const endBoundMs = 30_000;
const serveBoundMs = 60_000;

export class AttachedNode implements Node {
  readonly id: string;
  readonly role: Node['role'];
  readonly address: string;
  readonly controls: Controls;
  readonly #control: NodeControl;
  readonly #ledger: Ledger;
  readonly #observe: AttachedObserver;
  #ended: number | undefined;
  #paused: { readonly pid: number; readonly start: string | undefined; readonly entry: number } | undefined;

  constructor(control: NodeControl, ledger: Ledger, observe: AttachedObserver, role: Node['role'] = 'master') {
    this.id = control.id;
    this.role = role;
    this.address = control.address;
    this.#control = control;
    this.#ledger = ledger;
    this.#observe = observe;
    const { kill, stop, start, pidFile } = control;
    const signals = pidFile !== undefined;
    this.controls = {
      ...(start !== undefined && (signals || kill !== undefined)
        ? { kill: () => this.#end('killed', 'SIGKILL', kill) }
        : {}),
      ...(start !== undefined && (signals || stop !== undefined)
        ? { stop: () => this.#end('stopped', 'SIGTERM', stop) }
        : {}),
      ...(start === undefined ? {} : { start: () => this.#start(start) }),
      ...(signals ? { pause: () => this.#pause(), resume: () => this.#resume() } : {}),
    };
  }

  /** The ledger knows how to start it again before it is ended, and only once it is sure what is to be ended. */
  async #end(state: 'killed' | 'stopped', signal: 'SIGKILL' | 'SIGTERM', command?: string): Promise<Evidence> {
    const pid = command === undefined ? this.#pid() : undefined;
    const { start = '' } = this.#control;
    this.#ended ??= this.#ledger.add({ kind: 'ended', node: this.id, address: this.address, command: start });
    if (pid === undefined) {
      const { exitCode } = await runCommand(command ?? '');
      await untilAnswers(this.address, false, endBoundMs, noAbort);
      this.#standsNoMore();
      return this.#told(state, { exitCode, address: this.address, answers: false });
    }
    process.kill(pid, signal);
    await gone(pid, endBoundMs);
    this.#standsNoMore();
    return this.#told(state, { pid, signal, gone: true });
  }

  /** A broker that answers was not ended after all: a second one beside it would do harm. */
  async #start(command: string): Promise<Evidence> {
    const { address } = this;
    const evidence = (await answersAt(address)) ? { answered: true } : await runCommand(command);
    await untilAnswers(address, true, serveBoundMs, noAbort);
    if (this.#ended !== undefined) this.#ledger.done(this.#ended);
    this.#ended = undefined;
    return this.#told('ready', { ...evidence, address, answers: true });
  }

  async #pause(): Promise<Evidence> {
    const pid = this.#pid();
    const start = processStart(pid);
    const entry = this.#ledger.add({ kind: 'paused', node: this.id, pid, start });
    this.#paused = { pid, start, entry };
    return this.#told('paused', await pauseProcess(pid));
  }

  /** Continues the process that was paused, whatever the pid file says by now. */
  async #resume(): Promise<Evidence> {
    if (this.#paused === undefined) throw new Error(`${this.id} was not paused`);
    const { pid, start } = this.#paused;
    if (processStart(pid) !== start) throw new Error(`${this.id}: the paused process ${pid} is gone`);
    const evidence = await resumeProcess(pid);
    this.#standsNoMore();
    return this.#told('resumed', evidence);
  }

  #standsNoMore(): void {
    if (this.#paused !== undefined) this.#ledger.done(this.#paused.entry);
    this.#paused = undefined;
  }

  #pid(): number {
    const file = this.#control.pidFile ?? '';
    let pid: number;
    try {
      pid = Number(readFileSync(file, 'utf8').trim());
    } catch (error) {
      throw new Error(`${this.id}: no pid file: ${messageOf(error)}`);
    }
    if (!Number.isInteger(pid) || pid < 2 || processStart(pid) === undefined) {
      throw new Error(`${this.id}: ${file} names no living process`);
    }
    return pid;
  }

  #told(state: NodeState, evidence: Evidence): Evidence {
    this.#observe(this, state, evidence);
    return evidence;
  }
}
