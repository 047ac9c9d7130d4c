/**
 * One worker of a run, as the runner sees it: a name that stays (`p1`) and incarnations that come and go (`p1.1`,
 * `p1.2`). Controlled like a node, because clients are targets too.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Controlled, Controls, Evidence, ProcessingStop } from '../../cluster/controls.ts';
import { describeExit } from '../../cluster/local-node.ts';
import { type Exit, type OwnedProcess, startProcess } from '../../cluster/process.ts';
import { programPath } from '../../cluster/program.ts';
import { pauseProcess, resumeProcess } from '../../cluster/signals.ts';
import type { Point } from '../../effects/points.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import { countMessages, countRecords } from '../../journal/reader.ts';
import type { JournalWriter } from '../../journal/writer.ts';
import { inTime, noAbort } from '../../wait.ts';
import { type Counters, type FromWorker, noCounters, type ToWorker, type WorkerConfig } from '../../workers/config.ts';
import { incompleteness, WorkerCommand } from './worker-command.ts';
import {
  errorOf,
  isFinished,
  joined,
  type Life,
  processGone,
  processOf,
  saidDone,
  saidFailed,
  stateOf,
  toldToEnd,
  type WorkerState,
} from './worker-life.ts';

const readyBoundMs = 30_000;
const killBoundMs = 5000;
/** A consumer that is told to end processes what was delivered to it. */
const stopBoundMs = 30_000;
const standBoundMs = 30_000;

type Role = WorkerConfig['work']['role'];

export interface WorkerHost {
  readonly run: string;
  /** Folder for the workers' own output. */
  readonly folder: string;
  readonly journal: JournalWriter;
  /** The config of the n-th incarnation, or undefined when nothing is left to do for another. */
  configure(worker: RunWorker, incarnation: number): WorkerConfig | undefined;
  /** A process of the worker has started; resolves when it may connect. */
  started(worker: RunWorker, pid: number): Promise<void>;
  /** A worker ended by itself before it was done, and no fault had killed it. */
  broke(worker: RunWorker, error: ToolError): void;
  /** The command of a worker of the user's own did what no right one does. */
  misbehaved(text: string): void;
}

export class RunWorker implements Controlled {
  readonly id: string;
  readonly role: Role;
  readonly controls: Controls;
  readonly #host: WorkerHost;
  #incarnation = 0;
  #life: Life = { state: 'not started' };
  #current: Counters = noCounters;
  /** When those were true, by the machine's monotonic clock. */
  #toldAtMs = 0;
  #past: Counters = noCounters;
  /** Called when processing stands where it was told to; undefined: nobody waits. */
  #standing: ((message: string | undefined) => void) | undefined;
  #settled: Promise<void> = Promise.resolve();
  /** Of a worker of the user's own. */
  #command: WorkerCommand | undefined;
  /** Its process stands still: a fault has stopped it. */
  #paused = false;

  constructor(id: string, role: Role, host: WorkerHost) {
    this.id = id;
    this.role = role;
    this.#host = host;
    this.controls = {
      kill: () => this.#end('SIGKILL', killBoundMs),
      ...(role === 'consumer'
        ? {
            killAt: (stop: ProcessingStop) => this.#at(stop, () => this.#end('SIGKILL', killBoundMs)),
            pauseAt: (stop: ProcessingStop) => this.#at(stop, (owned) => this.#pause(owned)),
          }
        : {}),
      stop: () => this.#end('SIGTERM', stopBoundMs),
      start: () => this.#startAgain(),
      pause: () => this.#pause(this.#living()),
      resume: () => this.#resume(),
    };
  }

  /** Sums over all incarnations; of a killed one, what it last told. */
  get counters(): Counters {
    return addCounters(this.#past, this.#current);
  }

  get state(): WorkerState {
    const state = stateOf(this.#life);
    return state === 'up' && this.#paused ? 'paused' : state;
  }

  get toldAtMs(): number {
    return this.#toldAtMs;
  }

  /** All of the work is done, whatever number of incarnations it took. */
  get finished(): boolean {
    return isFinished(this.#life);
  }

  /** Of a consumer that works: its group gave it something, so it has joined. */
  get assigned(): boolean {
    return this.#life.state === 'joined';
  }

  /** Why its present incarnation ended by itself; undefined while it works, and when it was asked to end. */
  get broken(): ToolError | undefined {
    return errorOf(this.#life);
  }

  /** A process of this worker is there. */
  get running(): boolean {
    return processOf(this.#life) !== undefined;
  }

  /** Starts the first incarnation; resolves when it is ready, and waits for `go`. */
  async start(): Promise<Evidence> {
    this.#incarnation += 1;
    const config = this.#host.configure(this, this.#incarnation);
    if (config === undefined) {
      this.#life = { state: 'finished' };
      return { left: 0 };
    }
    const folder = join(this.#host.folder, config.name);
    mkdirSync(folder, { recursive: true });
    const owned = await startProcess({
      name: config.name,
      command: process.execPath,
      args: ['--enable-source-maps', programPath(`workers/${this.role}-program`)],
      folder,
      run: this.#host.run,
      ipc: true,
    });
    this.#life = { state: 'working', process: owned };
    this.#paused = false;
    this.#current = noCounters;
    this.#command = undefined;
    this.#tell(config, 'started', { pid: owned.pid });
    const ready = this.#listen(owned);
    this.#settled = owned.exit.then((exit) => this.#ended(config, exit));
    await this.#host.started(this, owned.pid);
    owned.send({ type: 'config', config } satisfies ToWorker);
    const client = await inTime(ready, { boundMs: readyBoundMs, signal: noAbort });
    if (client === undefined) {
      owned.signal('SIGKILL'); // a command of the user's goes with it, when its end is seen
      throw new ToolError(`worker ${config.name} is not ready after ${readyBoundMs} ms`, {
        code: 'worker-not-ready',
        hint: `its output is in ${folder}`,
        exitCode: exitCodes.setup,
      });
    }
    this.#tell(config, 'ready', { pid: owned.pid, ...client });
    return { name: config.name, pid: owned.pid };
  }

  go(): void {
    processOf(this.#life)?.send({ type: 'go' } satisfies ToWorker);
  }

  /** Asks it to end; a worker that has not within the bound is killed, which is told. Resolves when it is gone. */
  async stop(boundMs: number): Promise<void> {
    this.#life = toldToEnd(this.#life);
    const owned = processOf(this.#life);
    owned?.send({ type: 'stop' } satisfies ToWorker);
    if ((await inTime(this.#gone(), { boundMs, signal: noAbort })) === undefined) {
      owned?.signal('SIGCONT');
      // what a command had said is recorded before its recorder ends
      const recorded = this.#command?.signal('SIGKILL') === true && (await this.#goneIn(killBoundMs));
      if (!recorded) owned?.signal('SIGKILL');
      this.#host.broke(this, this.#unwilling(boundMs));
      await this.#goneIn(killBoundMs);
    }
  }

  async #goneIn(boundMs: number): Promise<boolean> {
    return (await inTime(this.#gone(), { boundMs, signal: noAbort })) === true;
  }

  /** Resolves when the present process is gone and its end is on record. */
  async #gone(): Promise<true> {
    await this.#settled;
    return true;
  }

  /**
   * Does a deed when processing stands at the place.
   * @throws Error when processing does not come there in time; it goes on then.
   */
  async #at({ point, count }: ProcessingStop, deed: (owned: OwnedProcess) => Promise<Evidence>): Promise<Evidence> {
    const owned = this.#living();
    const stands = new Promise<{ readonly message: string | undefined }>((resolve) => {
      this.#standing = (message) => resolve({ message });
    });
    owned.send({ type: 'stand', point: point as Point, count } satisfies ToWorker);
    const gone = owned.exit.then(() => undefined);
    const stood = await inTime(Promise.race([stands, gone]), { boundMs: standBoundMs, signal: noAbort });
    this.#standing = undefined;
    if (stood === undefined) {
      owned.send({ type: 'go on' } satisfies ToWorker);
      throw new Error(`${this.id} did not come to '${point}' for the ${count}. time within ${standBoundMs / 1000} s`);
    }
    return { point, count, message: stood.message, ...(await deed(owned)) };
  }

  async #pause({ pid }: OwnedProcess): Promise<Evidence> {
    const evidence = await (this.#command === undefined ? pauseProcess(pid) : this.#command.pause());
    this.#paused = true;
    return evidence;
  }

  async #resume(): Promise<Evidence> {
    const owned = this.#living();
    this.#paused = false;
    if (this.#command !== undefined) return this.#command.resume();
    owned.send({ type: 'go on' } satisfies ToWorker); // read when it runs again
    return resumeProcess(owned.pid);
  }

  async #startAgain(): Promise<Evidence> {
    if (this.running) return { running: true }; // it was never ended
    const evidence = await this.start();
    this.go();
    return evidence;
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM', boundMs: number): Promise<Evidence> {
    const owned = this.#living();
    const command = this.#command;
    this.#life = toldToEnd(this.#life);
    if (!(command ?? owned).signal(signal)) throw new Error(`${this.id}: ${signal} was not delivered`);
    if (command !== undefined) owned.signal('SIGCONT'); // paused with it, it is to read what was said last
    const exit = await inTime(owned.exit, { boundMs, signal: noAbort });
    if (exit === undefined) throw new Error(`${this.id} is still there ${boundMs} ms after ${signal}`);
    await this.#settled;
    return { name: owned.name, pid: (command ?? owned).pid, ...exit, ...command?.end };
  }

  #living(): OwnedProcess {
    const owned = processOf(this.#life);
    if (owned === undefined || owned.exited() !== undefined) throw new Error(`${this.id} is not running`);
    return owned;
  }

  #listen(owned: OwnedProcess): Promise<Evidence> {
    return new Promise((resolve, reject) => {
      owned.onMessage((raw) => {
        const message = raw as FromWorker;
        if (message.type === 'ready') resolve(message.client === undefined ? {} : { client: message.client });
        if (message.type === 'assigned') this.#life = joined(this.#life);
        if (message.type === 'standing') this.#standing?.(message.message);
        if (message.type === 'command') this.#command = new WorkerCommand(message.pid, owned.pid);
        if (message.type === 'complaint') this.#misbehaved(owned.name, message);
        if (message.type === 'counters' || message.type === 'done') this.#current = message.counters;
        if (message.type === 'counters') this.#toldAtMs = message.atMs;
        if (message.type === 'done') this.#done(owned.name, message);
        if (message.type === 'failed') reject(this.#failed(owned.name, message));
      });
      void owned.exit.then((exit) => reject(this.#unexpected(owned.name, exit)));
    });
  }

  #misbehaved(name: string, { text, lost }: Extract<FromWorker, { type: 'complaint' }>): void {
    if (lost && this.#command !== undefined) this.#command.hasLost = true;
    this.#host.misbehaved(`the command of worker ${name}: ${text}`);
  }

  /** What has not finished ends in order all the same: its journal says what is left. */
  #done(name: string, { finished, command }: Extract<FromWorker, { type: 'done' }>): void {
    if (this.#command !== undefined && command !== undefined) this.#command.end = command;
    if (command?.early !== undefined && this.#life.state !== 'told to end') {
      this.#failed(name, { type: 'failed', code: 'command-ended', message: command.early });
    } else this.#life = finished ? saidDone(this.#life) : toldToEnd(this.#life);
  }

  async #ended(config: WorkerConfig, exit: Exit): Promise<void> {
    const told = errorOf(this.#life);
    const command = this.#command;
    command?.signal('SIGKILL'); // of its group, and what is left when its recorder was killed
    const life = processGone(this.#life, this.#unexpected(config.name, exit));
    this.#life = life;
    // what a killed producer last told is a moment old; its journal is not
    const attempted = await this.#begun(config.journal);
    this.#past = addCounters(this.#past, { ...this.#current, attempted });
    this.#current = noCounters;
    const { exitCode, signal } = command?.end ?? exit;
    const ended = { exitCode, signal, records: countRecords(config.journal), finished: isFinished(life) };
    this.#tell(config, 'exited', { ...ended, ...incompleteness(config, command) });
    if (life.state === 'broken' && told === undefined) this.#host.broke(this, life.error);
  }

  async #begun(journal: string): Promise<number> {
    if (this.role !== 'producer' || !existsSync(journal)) return this.#current.attempted;
    return countMessages(journal).catch(() => this.#current.attempted); // unreadable: the audit says so
  }

  #tell(config: WorkerConfig, state: 'started' | 'ready' | 'exited', more: Evidence): void {
    const journal = basename(config.journal);
    this.#host.journal.append({
      kind: 'worker',
      state,
      detail: { name: config.name, role: this.role, journal, ...more },
    });
    this.#host.journal.flush();
  }

  #failed(name: string, message: Extract<FromWorker, { type: 'failed' }>): ToolError {
    const error = new ToolError(`worker ${name}: ${message.message}`, {
      code: message.code,
      hint: message.hint,
      exitCode: message.code === 'internal' ? exitCodes.internal : exitCodes.setup,
    });
    this.#life = saidFailed(this.#life, error);
    this.#host.broke(this, error);
    return error;
  }

  /** What it had in hand goes with it: a harm that none of the planned faults did. */
  #unwilling(boundMs: number): ToolError {
    const text = `worker ${this.id} was killed: it had not ended ${boundMs} ms after it was told to`;
    return new ToolError(text, { code: 'worker-killed', hint: `its output is in ${this.#host.folder}` });
  }

  #unexpected(name: string, exit: Exit): ToolError {
    return new ToolError(`worker ${name} ended with ${describeExit(exit)}`, {
      code: 'worker-ended',
      hint: `its output is in ${join(this.#host.folder, name)}`,
      exitCode: exitCodes.setup,
    });
  }
}

export function addCounters(a: Counters, b: Counters): Counters {
  return {
    attempted: a.attempted + b.attempted,
    acked: a.acked + b.acked,
    failed: a.failed + b.failed,
    retried: a.retried + b.retried,
    unknown: a.unknown + b.unknown,
    received: a.received + b.received,
    inHand: a.inHand + b.inHand,
  };
}
