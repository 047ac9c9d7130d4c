/**
 * Processes of ours: brokers and workers. Each is in a session of its own, so that Ctrl-C in a terminal reaches only
 * the tool; each carries the run's mark in its environment, so that whoever cleans up after a crash finds exactly what
 * this run started; each ends by itself when the tool is gone, because its stdin ends.
 */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import { exitCodes, ToolError } from '../errors.ts';
import { inTime, noAbort } from '../wait.ts';
import type { Program } from './node-spec.ts';

const goodbyeBoundMs = 5000;
const lastWordsBoundMs = 1000;
const programBoundMs = 60_000;
const askBoundMs = 10_000;

/** What a process prints, in its folder. */
export const outputFiles = ['stdout.log', 'stderr.log'] as const;

/** Environment variable with the run's folder: the mark of everything that a run started. */
export const runMark = 'MQCHAOS_RUN';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Working directory; `stdout.log` and `stderr.log` are appended to here. */
  readonly folder: string;
  readonly run: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Opens a message channel to the process. */
  readonly ipc: boolean;
}

export interface Exit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface OwnedProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process is gone and reaped, and its last message was delivered; never rejects. */
  readonly exit: Promise<Exit>;
  readonly exited: () => Exit | undefined;
  /** Delivers a signal; false when the process is gone. */
  signal(signal: NodeJS.Signals): boolean;
  send(message: unknown): void;
  /** To its stdin; nothing when it is gone. */
  write(text: string): void;
  /** Its stdin ends, by which programs of ours end. */
  endInput(): void;
  onMessage(listener: (message: unknown) => void): void;
  onLine(listener: (line: string) => void): void;
}

/** @throws ToolError `not-started` (exit 4) when there is no such program. */
export async function startProcess(spec: ProcessSpec): Promise<OwnedProcess> {
  const child = execa(spec.command, [...spec.args], {
    cwd: spec.folder,
    env: { ...spec.environment, [runMark]: spec.run },
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    ...(spec.ipc ? { ipc: true as const, serialization: 'json' as const } : {}),
  });
  if (child.pid === undefined) {
    const result = await child;
    throw new ToolError(`${spec.name} did not start: ${result.shortMessage ?? spec.command}`, {
      code: 'not-started',
      hint: `check that ${spec.command} is installed and may be executed`,
      exitCode: exitCodes.setup,
      cause: result.cause,
    });
  }
  const log = (stream: NodeJS.ReadableStream | null, file: string): void => {
    const written = createWriteStream(join(spec.folder, file), { flags: 'a' });
    // no evidence: a disk that takes no more ends the run by its journals, in order, and the process must not block
    written.on('error', () => stream?.unpipe(written).resume());
    stream?.pipe(written);
  };
  log(child.stdout, outputFiles[0]);
  log(child.stderr, outputFiles[1]);
  child.stdin?.on('error', () => {}); // EPIPE when the child is gone: its exit says so
  const lines = createInterface({ input: child.stdout });
  // the kernel may tell of the end before we have read what the process said last
  const lastWords = new Promise<void>((resolve) => {
    if (child.connected) child.once('disconnect', resolve);
    else resolve();
  });
  let exited: Exit | undefined;
  const exit = new Promise<Exit>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      const ended: Exit = { exitCode, signal };
      exited = ended;
      void inTime(lastWords, { boundMs: lastWordsBoundMs, signal: noAbort }).then(() => resolve(ended));
    });
  });
  return {
    name: spec.name,
    pid: child.pid,
    exit,
    exited: () => exited,
    signal: (signal) => exited === undefined && child.kill(signal),
    send: (message) => {
      if (exited === undefined && child.connected) child.send(message as object, () => {});
    },
    onMessage: (listener) => child.on('message', listener),
    write: (text) => {
      if (exited === undefined) child.stdin.write(text);
    },
    endInput: () => void child.stdin.end(),
    onLine: (listener) => lines.on('line', listener),
  };
}

export interface CommandSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** Working directory. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A command of the user's. It leads a process group, to which everything belongs that it starts. */
export interface StartedCommand {
  readonly pid: number;
  /** Resolves when the process is gone and reaped; what it wrote may still have to be read. Never rejects. */
  readonly exit: Promise<Exit>;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** Its environment is ours, the run's mark included. @throws ToolError `not-started` (exit 4). */
export async function startCommand({ command, args, folder, environment }: CommandSpec): Promise<StartedCommand> {
  const child = execa(command, [...args], {
    ...{ cwd: folder, env: environment },
    ...{ detached: true, cleanup: false, reject: false, buffer: false },
    ...{ stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' },
  });
  if (child.pid === undefined) {
    const { originalMessage, cause } = await child;
    throw new ToolError(`the command did not start: ${originalMessage ?? command}`, {
      code: 'not-started',
      hint: `check that ${command} is installed and on the PATH; it was looked for in ${folder}`,
      exitCode: exitCodes.setup,
      cause,
    });
  }
  child.stdin.on('error', () => {}); // EPIPE when it is gone: its exit says so
  const exit = new Promise<Exit>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  return { pid: child.pid, exit, stdin: child.stdin, stdout: child.stdout, stderr: child.stderr };
}

/** Delivers a signal to a process and everything in the group that it leads; false when none of it is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

/**
 * Starts a process that must outlive us and carries no mark: the reaper. Its stdin ends when we do.
 * @param ended called when it ended, with its signal or exit code.
 */
export function spawnReaper(
  command: string,
  args: readonly string[],
  ended: (how: string) => void,
): { goodbye(): Promise<void> } {
  const child = execa(command, [...args], {
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  });
  child.stdin.on('error', () => {}); // it is gone: nothing to say goodbye to
  void child.then(({ signal, exitCode, shortMessage }) =>
    ended(signal ?? (exitCode === undefined ? String(shortMessage) : `exit ${exitCode}`)),
  );
  return {
    goodbye: async () => {
      child.stdin.end('goodbye\n');
      await inTime(child, { boundMs: goodbyeBoundMs, signal: noAbort });
    },
  };
}

/** Runs a command of the user's; @throws Error with the command and its output when it fails or takes too long. */
export async function runCommand(command: string, boundMs = programBoundMs): Promise<{ exitCode: number }> {
  const child = execa(command, {
    shell: true,
    reject: false,
    detached: true,
    cleanup: false,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  });
  using bound = killAfter(boundMs, child.pid);
  const result = await child;
  if (result.failed) throw new Error(`command failed: ${bound.said ?? result.shortMessage ?? command}`);
  return { exitCode: result.exitCode ?? 0 };
}

/** What a program said by its end. */
export interface Heard {
  readonly stdout: string;
  readonly stderr: string;
  /** Why it failed, without what it said itself; undefined: it did not. */
  readonly failed?: string;
  /** There is no such program. */
  readonly missing?: true;
  /** It took too long, and was killed. */
  readonly late?: true;
}

/**
 * Runs a program to its end and hears it out, also when it fails.
 * @param run marks it as this run's, so that whoever cleans up after us ends it; without, only its bound does.
 */
export async function hearProgram(
  { command, args, environment, boundMs = programBoundMs }: Program,
  run?: string,
): Promise<Heard> {
  const child = execa(command, [...args], {
    env: { ...environment, ...(run === undefined ? {} : { [runMark]: run }) },
    detached: true,
    cleanup: false,
    reject: false,
    stdin: 'ignore',
  });
  using bound = killAfter(boundMs, child.pid);
  const { failed, stdout = '', stderr = '', shortMessage, code } = await child;
  if (!failed) return { stdout, stderr };
  return {
    ...{ stdout, stderr, failed: bound.said ?? shortMessage ?? command },
    ...(code === 'ENOENT' ? { missing: true } : {}),
    ...(bound.said === undefined ? {} : { late: true }),
  };
}

/**
 * Runs a program to its end. What it says on its last line is the evidence: one JSON object, or any text.
 * @throws Error with what it said on stderr when it fails, or when it takes too long.
 */
export async function runProgram(program: Program, run: string): Promise<Readonly<Record<string, unknown>>> {
  const { stdout, stderr, failed, late } = await hearProgram(program, run);
  const last = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
  if (failed !== undefined) throw new Error((late ? undefined : saidIn(last(stderr))) ?? failed);
  const said = last(stdout);
  return said.startsWith('{') ? (JSON.parse(said) as Readonly<Record<string, unknown>>) : { said };
}

/**
 * Kills a command that takes longer, with all that it has started: as `detached` it leads a group of its own, of which a
 * signal to itself would leave the rest. `said` tells of it.
 */
function killAfter(boundMs: number, pid: number | undefined): Disposable & { readonly said: string | undefined } {
  let said: string | undefined;
  const timer = setTimeout(() => {
    said = `killed, not done after ${boundMs} ms`;
    if (pid !== undefined) signalGroup(pid, 'SIGKILL');
  }, boundMs);
  return {
    get said() {
      return said;
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

/** Programs of ours say why they fail as one JSON line. */
function saidIn(line: string): string | undefined {
  try {
    return (JSON.parse(line) as { message?: string }).message;
  } catch {
    return line === '' ? undefined : line;
  }
}

/** Whether a program is there and answers its version flag. */
export async function hasProgram(command: string, versionFlag: string): Promise<boolean> {
  const { failed } = await execa(command, [versionFlag], { reject: false, timeout: 5000, stdio: 'ignore' });
  return !failed;
}

/** What a program says, on stdout and stderr, when it is asked something harmless such as its version. */
export async function askProgram(command: string, args: readonly string[]): Promise<string> {
  const { all } = await execa(command, [...args], {
    reject: false,
    timeout: askBoundMs,
    all: true,
    stdin: 'ignore',
  });
  return all ?? '';
}

/**
 * Runs somebody else's program to its end, for as long as we live: Ctrl-C in a terminal reaches it too. `said` is what it
 * printed; without an exit code it was not at its end in time, or was killed.
 */
export async function runToEnd(
  { command, args }: Program,
  { folder, boundMs }: { readonly folder: string; readonly boundMs: number },
): Promise<{ readonly exitCode?: number; readonly said: string }> {
  const { exitCode, all } = await execa(command, [...args], {
    cwd: folder,
    reject: false,
    timeout: boundMs,
    all: true,
    stdin: 'ignore',
  });
  return { ...(exitCode === undefined ? {} : { exitCode }), said: all ?? '' };
}
