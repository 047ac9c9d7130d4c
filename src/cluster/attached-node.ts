/**
 * A broker process that is not ours: faults act on it only in the ways that the profile gives (`control`). Whatever is
 * done to it is written to the ledger first, with its undoing.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { messageOf } from '../errors.ts';
import type { NodeState } from '../journal/event.ts';
import type { NodeControl } from '../plan/plan.ts';
import type { Controls, Evidence, Node } from './controls.ts';
import type { Ledger } from './ledger.ts';
import { processStart, runCommand } from './process.ts';
import { gone, pauseProcess, resumeProcess } from './signals.ts';
import { poll } from './wait.ts';

const endBoundMs = 30_000;
const serveBoundMs = 60_000;

export type AttachedObserver = (node: AttachedNode, state: NodeState, detail: Evidence) => void;

export class AttachedNode implements Node {
  readonly id: string;
  readonly role = 'master';
  readonly address: string;
  readonly controls: Controls;
  readonly #control: NodeControl;
  readonly #ledger: Ledger;
  readonly #observe: AttachedObserver;
  #ended: number | undefined;
  #paused: number | undefined;

  constructor(control: NodeControl, ledger: Ledger, observe: AttachedObserver) {
    this.id = control.id;
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

  async #end(state: 'killed' | 'stopped', signal: 'SIGKILL' | 'SIGTERM', command?: string): Promise<Evidence> {
    this.#ended = this.#ledger.add({
      kind: 'ended',
      node: this.id,
      address: this.address,
      command: this.#control.start ?? '',
    });
    if (command !== undefined) {
      const { exitCode } = await runCommand(command);
      await this.#until(false, endBoundMs);
      return this.#told(state, { command, exitCode, address: this.address, answers: false });
    }
    const pid = this.#pid();
    process.kill(pid, signal);
    await gone(pid, endBoundMs);
    return this.#told(state, { pid, signal, gone: true });
  }

  async #start(command: string): Promise<Evidence> {
    const { exitCode } = await runCommand(command);
    await this.#until(true, serveBoundMs);
    if (this.#ended !== undefined) this.#ledger.done(this.#ended);
    this.#ended = undefined;
    return this.#told('ready', { command, exitCode, address: this.address, answers: true });
  }

  async #pause(): Promise<Evidence> {
    const pid = this.#pid();
    this.#paused = this.#ledger.add({ kind: 'paused', node: this.id, pid, start: processStart(pid) });
    return this.#told('paused', await pauseProcess(pid));
  }

  async #resume(): Promise<Evidence> {
    const evidence = await resumeProcess(this.#pid());
    if (this.#paused !== undefined) this.#ledger.done(this.#paused);
    this.#paused = undefined;
    return this.#told('resumed', evidence);
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

  async #until(answers: boolean, boundMs: number): Promise<void> {
    const reached = await poll(async () => ((await answersAt(this.address)) === answers ? true : undefined), {
      everyMs: 100,
      boundMs,
    });
    if (reached === undefined) {
      throw new Error(
        `${this.id} at ${this.address} ${answers ? 'does not answer' : 'still answers'} after ${boundMs} ms`,
      );
    }
  }

  #told(state: NodeState, evidence: Evidence): Evidence {
    this.#observe(this, state, evidence);
    return evidence;
  }
}

/** Whether something accepts a connection at `host:port`. */
export function answersAt(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), timeout: 2000 });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
