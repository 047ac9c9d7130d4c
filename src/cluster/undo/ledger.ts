/**
 * The ledger: everything that a run must undo, written before it is made. One JSON object a line, synced, so that a run
 * whose tool died can be undone by anyone who has the file: the reaper at once, `doctor clean` later. An entry without
 * its `done` line is open.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Connection } from '../containers/container.ts';
import type { EngineAddress } from '../containers/engine.ts';
import type { PodPlace } from '../pods/kubectl.ts';
import { processStart } from '../proc.ts';

export type LedgerEntry =
  /** The tool itself: while this process lives, the run is not to be cleaned up. */
  | { readonly kind: 'runner'; readonly pid: number; readonly start: string | undefined }
  /** All processes that carry the run's mark. */
  | { readonly kind: 'processes'; readonly run: string }
  /** A process that is not ours is stopped by SIGSTOP: undone by SIGCONT. */
  | { readonly kind: 'paused'; readonly node: string; readonly pid: number; readonly start: string | undefined }
  /** A process that is not ours was ended: undone by the profile's own start command. */
  | { readonly kind: 'ended'; readonly node: string; readonly address: string; readonly command: string }
  /** A container that is not ours may be ended, paused or cut off: undone by bringing it back, whatever of it is amiss. */
  | {
      readonly kind: 'container';
      readonly node: string;
      readonly address: string;
      readonly engine: EngineAddress;
      readonly container: { readonly id: string; readonly name: string };
      readonly connections: readonly Connection[];
      /** How long after its order a deed may take hold. */
      readonly takesMs: number;
    }
  /** Processes in a pod that is not ours are stopped by SIGSTOP: undone by SIGCONT. */
  | { readonly kind: 'pod'; readonly node: string; readonly place: PodPlace; readonly pod: string }
  /** A folder of ours that is not to stay: the one that this ledger is in. */
  | { readonly kind: 'folder'; readonly path: string }
  /** Topics and groups of ours on a broker that is not. */
  | { readonly kind: 'topic'; readonly topic: string }
  | { readonly kind: 'group'; readonly group: string }
  /** A group's effects in a store that is not ours, by the name of everything there. */
  | { readonly kind: 'effects'; readonly name: string };

export interface OpenEntry {
  readonly id: number;
  readonly entry: LedgerEntry;
}

export class Ledger implements Disposable {
  readonly #fd: number;
  #next = 1;

  constructor(path: string) {
    this.#fd = openSync(path, 'ax', 0o600); // what it says is carried out: nobody else may write it
    this.add({ kind: 'runner', pid: process.pid, start: processStart(process.pid) });
  }

  /** Returns once the entry is on the disk; its number closes it. */
  add(entry: LedgerEntry): number {
    const id = this.#next;
    this.#next += 1;
    this.#write({ id, entry });
    return id;
  }

  done(id: number): void {
    this.#write({ id, done: true });
  }

  #write(line: unknown): void {
    writeSync(this.#fd, `${JSON.stringify(line)}\n`);
    fsyncSync(this.#fd);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** Open entries of a ledger, newest first: the order to undo them in. A torn last line was never acted upon. */
export function readOpenEntries(path: string): OpenEntry[] {
  const open = new Map<number, OpenEntry>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const item = parseLine(line);
    if (item === undefined) continue;
    if (item.entry === undefined) open.delete(item.id);
    else open.set(item.id, { id: item.id, entry: item.entry });
  }
  return [...open.values()].reverse();
}

/** Closes entries of a ledger whose tool is gone. */
export function closeEntries(path: string, ids: readonly number[]): void {
  if (!existsSync(path)) return; // what was undone was its own folder
  const fd = openSync(path, 'a');
  try {
    // a tool killed in the middle of a line left a torn one: ours must not be glued to it
    writeSync(fd, `\n${ids.map((id) => `${JSON.stringify({ id, done: true })}\n`).join('')}`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function parseLine(line: string): { id: number; entry?: LedgerEntry } | undefined {
  try {
    return JSON.parse(line) as { id: number; entry?: LedgerEntry };
  } catch {
    return undefined;
  }
}
