/** Power cuts under six threads that sync, and whether everything is there that they were told is on the disk. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { intoNamespace } from '../../../src/volume/namespace.ts';
import type { MountedVolume } from './mounted.ts';

const program = resolve(import.meta.dirname, 'syncers.py');
const recordBytes = 64;

export interface CutsResult {
  readonly cuts: number;
  /** Records that a sync had returned for. */
  readonly acked: number;
  /** Those of them that were not there after the cut. */
  lost: string[];
  /** What was there though neither a sync of it had returned nor one could be under way. */
  readonly unpromised: string[];
}

/**
 * Cuts the power `cuts` times in the middle of the work, each time when `acks` more syncs have returned, with all threads
 * still running: what they have open fails from then on, so that each ends by itself.
 */
export async function cutUnderSyncers(volume: MountedVolume, cuts: number, acks: number): Promise<CutsResult> {
  const result = { cuts: 0, acked: 0, lost: [] as string[], unpromised: [] as string[] };
  for (let cut = 0; cut < cuts; cut++) {
    const name = `cut-${cut}`;
    mkdirSync(join(volume.at, name));
    const told = await once(volume, name, acks);
    result.cuts += 1;
    for (const [style, number] of told) {
      result.acked += number + 1;
      const found = presentOf(join(volume.at, name), style, number);
      result.lost.push(...found.missing.map((one) => `${name} ${style} ${one}`));
      result.unpromised.push(...found.beyond.map((one) => `${name} ${style} ${one}`));
    }
    const lazy = join(volume.at, name, 'lazy');
    if (existsSync(lazy) && statSync(lazy).size > 0)
      result.unpromised.push(`${name} lazy ${statSync(lazy).size} bytes`);
    rmSync(join(volume.at, name), { recursive: true });
  }
  return result;
}

/** @returns the last record of each style for which a sync had returned; -1: none. */
async function once(volume: MountedVolume, name: string, acks: number): Promise<Map<string, number>> {
  const line = intoNamespace(volume.process.pid, { command: 'python3', args: [program, name] }, volume.inside, true);
  const child = spawn(line.command, line.args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const told = new Map(['fsync', 'fdatasync', 'dsync', 'mapped', 'new', 'renamed'].map((style) => [style, -1]));
  let count = 0;
  const ended = new Promise((done) => child.once('close', done));
  const enough = new Promise<void>((done) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      const [style = '', number] = text.split(' ');
      told.set(style, Number(number));
      count += 1;
      if (count === acks) done();
    });
    child.once('close', () => done());
  });
  await enough;
  await volume.order({ order: 'cut' });
  // a thread that makes new files goes on: its power is back
  child.kill('SIGKILL');
  await ended;
  return told;
}

/** What of a style's records is there. One behind the last that was told may be: its sync may have been under way. */
function presentOf(folder: string, style: string, last: number): { missing: number[]; beyond: number[] } {
  const isThere = (number: number): boolean => recordAt(folder, style, number) === `${style} ${number}`;
  const from = style === 'renamed' ? Math.max(last, 0) : 0; // each took the place of the one before
  const all = Array.from({ length: Math.max(0, last - from + 1) }, (_, index) => from + index);
  const missing = all.filter((number) => !isThere(number) && !(style === 'renamed' && isThere(number + 1)));
  return { missing, beyond: [last + 2, last + 3, last + 4].filter(isThere) };
}

function recordAt(folder: string, style: string, number: number): string | undefined {
  const ownFile = style === 'new' ? `${style}-${number}` : style;
  const path = join(folder, ownFile);
  if (!existsSync(path)) return undefined;
  const at = style === 'new' || style === 'renamed' ? 0 : number * recordBytes;
  return readFileSync(path)
    .toString('latin1', at, at + recordBytes - 1)
    .replace(/\.+$/, '');
}
