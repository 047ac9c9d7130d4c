/**
 * The thread that serves the kernel. It waits in read(2) for the next request and does nothing else meanwhile, which is
 * twice as fast as waiting in the event loop. Orders of the main thread lie in its mailbox, and the main thread wakes it by
 * a request of its own: statfs(2), for which the kernel takes no lock that a call which waits could hold.
 */
import { readFileSync, readSync, writeSync } from 'node:fs';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { messageOf, ToolError } from '../errors.ts';
import { Errno, errnoOf } from './core/errno.ts';
import { Volume } from './core/volume.ts';
import { type Rule, Rules } from './failures/rules.ts';
import { calls, type Served } from './fuse/calls.ts';
import { Handles } from './fuse/handles.ts';
import { operationsOf, pathsOf } from './fuse/operations.ts';
import { Answer, opcodes, Request, requestBytes } from './fuse/wire.ts';
import { obey } from './orders.ts';

export interface ServerSettings {
  /** Descriptor of /dev/fuse, mounted. */
  readonly device: number;
  readonly store: string;
  readonly writeBackMs: number | undefined;
}

export type ToServer =
  | { readonly id: unknown; readonly order: Readonly<Record<string, unknown>> }
  | { readonly end: true };

export type FromServer =
  | {
      readonly answer: object;
      /** Messages to the kernel, to be sent before the answer. */
      readonly notify: readonly Uint8Array[];
    }
  /** When to wake it by itself; undefined: nothing waits. */
  | { readonly wakeInMs: number };

/** Whoever is killed while its call waits is let go within this time. */
const deathCheckMs = 50;

interface Held {
  readonly request: Request;
  readonly rule: Rule;
  readonly dueMs: number;
}

class Server {
  readonly #device: number;
  readonly #port: MessagePort;
  readonly #served: Served;
  readonly #rules = new Rules();
  readonly #answer = new Answer();
  #held: Held[] = [];
  #requests = 0;
  #isEnded = false;

  constructor({ device, store, writeBackMs }: ServerSettings, port: MessagePort) {
    this.#device = device;
    this.#port = port;
    const volume = new Volume(store, writeBackMs === undefined ? {} : { writeBackMs });
    this.#served = { volume, handles: new Handles(volume) };
  }

  /** Until the volume is unmounted, or the main thread says so. */
  run(): void {
    const buffer = Buffer.alloc(requestBytes);
    while (!this.#isEnded) {
      const length = nextRequest(this.#device, buffer);
      if (length === undefined) break;
      this.#requests += 1;
      this.#take(new Request(buffer, length));
    }
    for (const { request } of this.#held) this.#reply(request, new Errno('EIO'));
    this.#served.volume.close();
  }

  #take(request: Request): void {
    const { opcode } = request;
    if (opcode === opcodes.forget || opcode === opcodes.batchForget || opcode === opcodes.interrupt) return; // no answer
    if (opcode === opcodes.statfs) this.#wake();
    const rule = this.#rules.isEmpty ? undefined : this.#ruleFor(request);
    if (rule === undefined) return this.#do(request);
    const { action } = rule;
    if ('errno' in action) return this.#reply(request, new Errno(action.errno));
    const dueMs = 'hang' in action ? Number.POSITIVE_INFINITY : performance.now() + action.delayMs;
    this.#held.push({ request: request.copy(), rule, dueMs });
    this.#tellWake();
  }

  #ruleFor(request: Request): Rule | undefined {
    const done = operationsOf(request);
    return done.length === 0 ? undefined : this.#rules.decide(done, pathsOf(request, this.#served));
  }

  #do(request: Request): void {
    this.#answer.clear();
    try {
      const call = calls.get(request.opcode);
      if (call === undefined) throw new Errno('ENOSYS');
      call(this.#served, request, this.#answer);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return this.#reply(request, error);
    }
    this.#reply(request);
  }

  /** With the body that was written, or an error. */
  #reply(request: Request, error?: unknown): void {
    const message = this.#answer.finish(request, error === undefined ? 0 : errnoOf(error));
    try {
      writeSync(this.#device, message);
    } catch (failure) {
      // ENOENT: whoever asked is gone; ENODEV: unmounted meanwhile
      const { code } = failure as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENODEV') throw failure;
    }
  }

  #wake(): void {
    for (let mail = receiveMessageOnPort(this.#port); mail !== undefined; mail = receiveMessageOnPort(this.#port)) {
      const message = mail.message as ToServer;
      if ('end' in message) this.#isEnded = true;
      else this.#obey(message.id, message.order);
    }
    this.#served.volume.writeBack();
    this.#serveHeld();
  }

  #obey(id: unknown, order: Readonly<Record<string, unknown>>): void {
    const state = { ...this.#served, rules: this.#rules, requests: this.#requests, held: this.#held.length };
    try {
      const { notify = [], ...said } = obey(order, state);
      if (said.hasCut === true) this.#dropHeld();
      this.#tell({ answer: { id, ...said.answer }, notify });
    } catch (error) {
      if (!(error instanceof ToolError) && errnoOf(error) === undefined) throw error;
      const code = error instanceof ToolError ? error.code : 'disk';
      const hint = error instanceof ToolError ? { hint: error.hint } : {};
      this.#tell({ answer: { id, error: code, message: messageOf(error), ...hint }, notify: [] });
    }
  }

  /** What waits when the power goes is never done. */
  #dropHeld(): void {
    for (const { request } of this.#held) this.#reply(request, new Errno('EIO'));
    this.#held = [];
  }

  #serveHeld(): void {
    const now = performance.now();
    const all = this.#held;
    this.#held = [];
    for (const held of all) {
      const { request, rule, dueMs } = held;
      if (dueMs <= now || !this.#rules.has(rule)) this.#do(request);
      else if (isDying(request.thread)) this.#reply(request, new Errno('EINTR'));
      else this.#held.push(held);
    }
    this.#tellWake();
  }

  #tellWake(): void {
    if (this.#held.length === 0) return;
    const nextMs = Math.min(...this.#held.map(({ dueMs }) => dueMs)) - performance.now();
    this.#tell({ wakeInMs: Math.min(deathCheckMs, Math.max(0, nextMs)) });
  }

  #tell(message: FromServer): void {
    this.#port.postMessage(message);
  }
}

/** @returns its length; undefined when the volume is unmounted. */
function nextRequest(device: number, buffer: Buffer): number | undefined {
  for (;;) {
    try {
      return readSync(device, buffer, 0, buffer.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENODEV') return undefined;
      // ENOENT: the request was taken back; the others: ask again
      if (code !== 'ENOENT' && code !== 'EINTR' && code !== 'EAGAIN') throw error;
    }
  }
}

/** A process that was killed cannot end before its call does. */
function isDying(thread: number): boolean {
  if (thread === 0) return false;
  try {
    const pending = /^SigPnd:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${thread}/status`, 'utf8'))?.[1] ?? '0';
    return (BigInt(`0x${pending}`) & killBit) !== 0n;
  } catch {
    return true; // it is gone
  }
}

/** SIGKILL in a mask of signals. */
const killBit = 1n << 8n;

if (parentPort !== null) new Server(workerData as ServerSettings, parentPort).run();
