/**
 * The one error class of the tool. A `ToolError` is an outcome we foresaw: it is printed as one message with a hint.
 * Anything else that reaches the command line is our own bug: it prints a stack and exits 70.
 */

/** Process exit codes, as documented in the README. 129, 130 and 143 (interrupted) come from signals. */
export const exitCodes = {
  pass: 0,
  fail: 1,
  usage: 2,
  inconclusive: 3,
  setup: 4,
  internal: 70,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface ToolErrorOptions {
  /** Stable identifier in kebab case, for scripts: `unknown-key`, `port-in-use`. */
  readonly code: string;
  /** The next thing to do: a command to run or a setting to change. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  readonly exitCode?: ExitCode;
}

export class ToolError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, options: ToolErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ToolError';
    this.code = options.code;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? exitCodes.usage;
  }
}

/** Of what the system is short when a call fails with one of these (errno(3)), and what helps. */
const shortages: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on that disk, or give a folder on another one',
  EDQUOT: 'make room in your quota of that disk, or give a folder on another one',
  EROFS: 'give a folder on a disk that can be written to',
  EIO: 'the disk fails: give a folder on another one',
  EMFILE: 'raise the limit of open files (ulimit -n)',
  ENFILE: 'the system has no open files left: end what holds them',
  ENOMEM: 'end what takes the memory',
};

/** What went wrong as an outcome of ours (exit 4), where it is a shortage of the system and no bug. */
export function shortageOf(error: unknown): ToolError | undefined {
  // what failed once more while it was cleaned up after is not the cause
  if (error instanceof Error && 'suppressed' in error) return shortageOf(error.suppressed);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const hint = shortages[code];
  if (hint === undefined) return undefined;
  return new ToolError(messageOf(error), { code: 'short-of', hint, cause: error, exitCode: exitCodes.setup });
}

/** Text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Compile-time proof that a union was handled; throws if it was not after all. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
