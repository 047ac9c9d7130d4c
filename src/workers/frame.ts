/**
 * The frame of every worker program: takes its config from the runner, tells it how things go, ends when told, and dies
 * at once when the runner is gone. A worker knows nothing of the faults it may be under.
 */
import type { Stop } from '../effects/points.ts';
import { ToolError } from '../errors.ts';
import { monotonicMs } from '../wait.ts';
import type { CommandEnd, Counters, FromWorker, ToWorker, WorkerConfig } from './config.ts';

export interface Worker {
  readonly config: WorkerConfig;
  /** Aborted when the runner or a SIGTERM asks for the end. */
  readonly stop: AbortSignal;
  /** Tells the runner that all is set up, and with which client; resolves when it says go. */
  ready(client?: string): Promise<void>;
  /** Tells the runner that the group gave this consumer something. */
  assigned(): void;
  /** Calls back with every place that processing is to stand at; undefined: at none any more. */
  onStand(listener: (stop: Stop | undefined) => void): void;
  /** Tells the runner that processing stands at its place. */
  standing(message?: string): void;
  /** Tells the runner which process the command of the user's is. */
  command(pid: number): void;
  /** Tells the runner what that command has done wrong. `lost`: what it was to say is not known. */
  complain(text: string, lost: boolean): void;
  /** Tells the runner the counters, at most every 20 ms. */
  report(counters: Counters): void;
}

const reportEveryMs = 20;

/** `finished`: all that it was asked to do is done. `command`: how the command of the user's has ended. */
export interface Done {
  readonly finished: boolean;
  readonly counters: Counters;
  readonly command?: CommandEnd;
}

/** Runs a worker's work. */
export function runWorker(work: (worker: Worker) => Promise<Done>): void {
  const stop = new AbortController();
  process.once('disconnect', () => process.exit(1)); // the runner is gone: nobody will use what we do
  process.once('SIGTERM', () => stop.abort());
  process.stdin.resume();
  process.stdin.once('end', () => process.exit(1));
  const waiting: { go: () => void } = { go: () => {} };
  const go = new Promise<void>((resolve) => {
    waiting.go = resolve;
  });
  let stand: (stop: Stop | undefined) => void = () => {};
  process.on('message', (message: ToWorker) => {
    if (message.type === 'stand') stand({ point: message.point, count: message.count });
    if (message.type === 'go on') stand(undefined);
    if (message.type === 'stop') stop.abort();
    if (message.type === 'stop' || message.type === 'go') waiting.go();
    if (message.type !== 'config') return;
    const ready = async (client?: string): Promise<void> => {
      tell({ type: 'ready', ...(client === undefined ? {} : { client }) });
      await go;
    };
    work({
      config: message.config,
      stop: stop.signal,
      ready,
      assigned: () => tell({ type: 'assigned' }),
      onStand: (listener) => {
        stand = listener;
      },
      standing: (message) => tell({ type: 'standing', ...(message === undefined ? {} : { message }) }),
      command: (pid) => tell({ type: 'command', pid }),
      complain: (text, lost) => tell({ type: 'complaint', text, lost }),
      report: throttled(),
    }).then(
      (done) => end({ type: 'done', ...done }, 0),
      (error: unknown) => end(failure(error), error instanceof ToolError ? error.exitCode : 70),
    );
  });
}

function throttled(): (counters: Counters) => void {
  let last = 0;
  return (counters) => {
    const now = performance.now();
    if (now - last < reportEveryMs) return;
    last = now;
    tell({ type: 'counters', counters, atMs: monotonicMs() });
  };
}

function failure(error: unknown): FromWorker {
  if (error instanceof ToolError) {
    const { code, message, hint } = error;
    return { type: 'failed', code, message, ...(hint === undefined ? {} : { hint }) };
  }
  return {
    type: 'failed',
    code: 'internal',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

function tell(message: FromWorker): void {
  process.send?.(message);
}

/** The last word has left before the process ends. */
function end(message: FromWorker, exitCode: number): void {
  process.send?.(message, () => process.exit(exitCode));
}
