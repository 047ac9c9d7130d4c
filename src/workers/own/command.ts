/**
 * The process of a worker of the user's own, and the conversation with it. Whoever holds this outlives the process: what it
 * has written before it died is read to its end, so that all that it said is known, whatever killed it.
 */
import { type Exit, type StartedCommand, signalGroup, startCommand } from '../../cluster/process.ts';
import { exitCodes, messageOf, ToolError } from '../../errors.ts';
import { inTime, noAbort } from '../../wait.ts';
import type { CommandEnd } from '../config.ts';
import { readLines } from './lines.ts';
import { BadLine, type Hello, parseSaid, type Ready, type Said, type Send } from './protocol.ts';
import { StderrFile } from './stderr-file.ts';

/** A message of 1 MiB in base64, with room for the rest. */
const longestLineBytes = 2 * 1024 * 1024;
/** Once the process is gone, whoever else holds its stdout is not waited for any longer. */
const lastWordsBoundMs = 2000;
const readyBoundMs = 20_000;
/** Lines that wait for the worker to read them. */
const mostWaitingBytes = 16 * 1024 * 1024;
const shownChars = 200;

export interface CommandRequest {
  /** Program and arguments; no shell. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly hello: Hello;
  /** Takes what it prints on stderr. */
  readonly stderrFile: string;
}

export interface CommandListener {
  said(said: Exclude<Said, Ready>): void;
  /** All that came together was handed over. */
  pause(): void;
  /**
   * Something that a right worker does not say.
   * @param lost a line could not be read, so that nobody knows what it was meant to say.
   */
  complain(text: string, lost: boolean): void;
}

export interface Ended extends Exit {
  /** Last lines of stderr. */
  readonly lastWords: string;
}

export class OwnCommand {
  readonly pid: number;
  /** Resolves when the process is gone and all that it had said was handed over; never rejects. */
  readonly ended: Promise<Ended>;
  readonly #process: StartedCommand;
  readonly #hello: Hello;
  readonly #listener: CommandListener;
  #hasEnded = false;
  #ready: ((ready: Ready) => void) | undefined;

  private constructor(process: StartedCommand, { hello, stderrFile }: CommandRequest, listener: CommandListener) {
    this.#process = process;
    this.#hello = hello;
    this.#listener = listener;
    this.pid = process.pid;
    const stderr = new StderrFile(stderrFile, process.stderr);
    const read = readLines(process.stdout, longestLineBytes, {
      line: (line) => this.#heard(line),
      tooLong: (beginning) => this.#wrong(beginning, `it is longer than ${longestLineBytes} bytes`, true),
      pause: () => listener.pause(),
    });
    this.ended = this.#untilEnded(read, stderr);
  }

  /**
   * Starts it and says hello. Its process is there when this resolves; `ready` tells whether it has answered.
   * @throws ToolError `not-started` (exit 4).
   */
  static async start(request: CommandRequest, listener: CommandListener): Promise<OwnCommand> {
    const [command = '', ...args] = request.argv;
    const { cwd: folder, environment } = request;
    return new OwnCommand(await startCommand({ command, args, folder, environment }), request, listener);
  }

  /** @throws ToolError `command-not-ready`, `command-ended` (exit 4). */
  async ready(): Promise<Ready> {
    const said = new Promise<Ready>((resolve) => {
      this.#ready = resolve;
    });
    this.#write(this.#hello);
    const answer = await inTime(Promise.race([said, this.ended]), { boundMs: readyBoundMs, signal: noAbort });
    this.#ready = undefined;
    if (answer === undefined) {
      throw new ToolError(`its command has not answered hello within ${readyBoundMs / 1000} s`, {
        code: 'command-not-ready',
        hint: 'the first line that it prints is {"type":"ready","protocol":1}, flushed: see docs/workers.md, and try it with mqchaos worker check',
        exitCode: exitCodes.setup,
      });
    }
    if ('type' in answer) return answer;
    throw new ToolError(endWords(answer), {
      code: 'command-ended',
      hint: 'try it with mqchaos worker check',
      exitCode: exitCodes.setup,
    });
  }

  /** False: the line was not handed over, and never will be. */
  send(send: Send): boolean {
    if (this.#hasEnded || this.#process.stdin.writableLength > mostWaitingBytes) return false;
    this.#write(send);
    return true;
  }

  /** To the process and all that it has started; false when nothing of it is left. */
  signal(signal: NodeJS.Signals): boolean {
    return signalGroup(this.pid, signal);
  }

  #write(message: Hello | Send): void {
    this.#process.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #heard(line: string): void {
    if (line === '') return;
    let said: Said;
    try {
      said = parseSaid(line);
    } catch (error) {
      if (!(error instanceof BadLine)) throw error;
      return this.#wrong(line, messageOf(error), true);
    }
    if (said.type !== 'ready') return this.#listener.said(said);
    if (this.#ready === undefined) return this.#wrong(line, 'it was ready before, or was not asked', false);
    this.#ready(said);
  }

  #wrong(line: string, why: string, lost: boolean): void {
    this.#listener.complain(`${why}: ${shown(line)}`, lost);
  }

  async #untilEnded(read: Promise<void>, stderr: StderrFile): Promise<Ended> {
    using _ = stderr;
    const { exit, stdout } = this.#process;
    const ended = await exit;
    this.#hasEnded = true;
    const bound = { boundMs: lastWordsBoundMs, signal: noAbort };
    const all = await inTime(Promise.all([read, stderr.ended]), bound);
    if (all === undefined) {
      this.#listener.complain('it is gone, and something that it started still holds its stdout or stderr', true);
      stdout.destroy();
    }
    return { ...ended, lastWords: stderr.last };
  }
}

/** For the runner. `early`: nobody whom we know of has told it to end. */
export function endOf(ended: Ended, early: boolean): CommandEnd {
  const { exitCode, signal } = ended;
  return { exitCode, signal, ...(early ? { early: endWords(ended) } : {}) };
}

function endWords({ exitCode, signal, lastWords }: Ended): string {
  const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
  return `its command ended by itself with ${how}${lastWords === '' ? '' : `; it said last: ${lastWords}`}`;
}

/** A line as an error message has it: cut, and without control characters. */
export function shown(line: string): string {
  const cut = line.length > shownChars ? `${line.slice(0, shownChars)}…` : line;
  return JSON.stringify(cut);
}
