import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, ToolError } from '../errors.ts';

export interface Options {
  /** Absolute, as the next. */
  readonly store: string;
  /** May be the store itself: it is then seen through the volume. */
  readonly mountPoint: string;
  /** Undefined: what is not synced never reaches the disk. */
  readonly writeBackMs: number | undefined;
}

/** @throws ToolError `bad-flag` (exit 2). */
export function readOptions(args: readonly string[]): Options {
  const { store, mount, 'write-back': writeBack } = parse(args);
  if (store === undefined || mount === undefined) throw bad(`--${store === undefined ? 'store' : 'mount'} is missing`);
  return { store: resolve(store), mountPoint: resolve(mount), writeBackMs: ageOf(writeBack) };
}

function parse(args: readonly string[]) {
  const one = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...args], options: { store: one, mount: one, 'write-back': one } }).values;
  } catch (error) {
    throw bad(messageOf(error));
  }
}

function ageOf(text = 'worst'): number | undefined {
  if (text === 'worst') return undefined;
  const seconds = /^(\d+)s$/.exec(text)?.[1];
  if (seconds === undefined || Number(seconds) === 0) throw bad(`--write-back ${text} is neither worst nor an age`);
  return Number(seconds) * 1000;
}

function bad(message: string): ToolError {
  return new ToolError(message, { code: 'bad-flag', hint: 'main.js --store DIR --mount DIR [--write-back worst|30s]' });
}
