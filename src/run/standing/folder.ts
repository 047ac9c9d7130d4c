/**
 * The folder of a cluster that was started on its own: its nodes, its ledger and the socket that takes orders. A given
 * one is kept and used again, with its data and its ports; without one it is temporary.
 */
import { constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../cluster/ports.ts';
import { temporaryPrefix } from '../../cluster/undo/undo.ts';
import { exitCodes, messageOf, ToolError } from '../../errors.ts';
import { included } from '../../products/registry.ts';
import { clean } from '../folder/clean.ts';
import { type RunFolder, runFolder } from '../folder/folder.ts';
import { temporaryFolder } from '../folder/temporary.ts';
import type { StandingSettings } from './settings.ts';

/** Bytes that fit into the address of a unix socket (unix(7): sun_path has 108, the last is 0). */
const longestSocketBytes = 107;

export interface StandingFolder extends RunFolder {
  readonly socket: string;
  readonly temporary: boolean;
}

/** What can stand on its own and take orders. */
export interface StandingKind {
  readonly what: 'cluster' | 'link';
  /** In its folder. */
  readonly socket: string;
  /** The command that starts it, and the one whose subcommands give it orders. */
  readonly start: string;
  readonly command: string;
}

export const clusterKind: StandingKind = {
  what: 'cluster',
  socket: 'control.sock',
  start: 'mqchaos broker start',
  command: 'mqchaos broker',
};
export const linkKind: StandingKind = {
  what: 'link',
  socket: 'link.sock',
  start: 'mqchaos link HOST:PORT',
  command: 'mqchaos link',
};

interface Shape {
  readonly masters: number;
  readonly slaves: number;
}

/** What of a cluster must be the same when it is started again. */
interface Kept extends Shape {
  /** Name server first, then the brokers in their order. */
  readonly ports: readonly number[];
  /** Of the last start; absent from folders of before. */
  readonly settings?: StandingSettings;
}

/** @throws ToolError `folder-not-made`, `folder-in-use`, `folder-too-long` (exit 4). */
export async function openFolder(given: string | undefined): Promise<StandingFolder> {
  const path = given ?? temporaryFolder(temporaryPrefix);
  const folder = standingFolder(path, given === undefined);
  if (Buffer.byteLength(folder.socket) > longestSocketBytes) {
    throw refusal(`${folder.path} is too long a name for the socket in it`, 'folder-too-long', 'a shorter --folder');
  }
  try {
    mkdirSync(folder.nodes, { recursive: true });
  } catch (cause) {
    throw refusal(`cannot make ${folder.path}: ${messageOf(cause)}`, 'folder-not-made', 'choose another --folder');
  }
  if (existsSync(folder.ledger)) {
    const { alive, distrusted } = await clean(folder);
    if (distrusted !== undefined) throw refusal(distrusted, 'not-ours', 'choose another --folder');
    if (alive) {
      const hint = `mqchaos broker status --folder ${folder.path}, or another --folder`;
      throw refusal(`a cluster is running in ${folder.path}`, 'folder-in-use', hint);
    }
    rmSync(folder.ledger, { force: true });
  }
  rmSync(folder.socket, { force: true });
  return folder;
}

export function standingFolder(path: string, temporary = false, kind = clusterKind): StandingFolder {
  const folder = runFolder(path);
  return { ...folder, socket: join(folder.path, kind.socket), temporary };
}

/**
 * The ports of the nodes, name server first: from `first` on, with the name server's after the brokers'; else those that
 * the cluster had; else free ones.
 * @throws ToolError `other-cluster` (exit 2) when the folder holds one of another shape.
 */
export async function portsOf(folder: StandingFolder, settings: StandingSettings, first?: number): Promise<number[]> {
  const { masters, slaves } = settings;
  const kept = keptIn(folder);
  if (kept !== undefined && (kept.masters !== masters || kept.slaves !== slaves)) {
    const had = `--masters ${kept.masters} --slaves ${kept.slaves}`;
    throw new ToolError(`${folder.path} holds a cluster of ${had}`, {
      code: 'other-cluster',
      hint: `${had}, or another --folder`,
    });
  }
  const count = included.nodes(settings).length;
  const brokers = Array.from({ length: count - 1 }, (_, index) => (first ?? 0) + index);
  const ports =
    first === undefined ? [...(kept?.ports ?? (await freePorts(count)))] : [first + brokers.length, ...brokers];
  writeFileSync(keptFile(folder), `${JSON.stringify({ masters, slaves, ports, settings } satisfies Kept)}\n`);
  return ports;
}

/** What the nodes of a cluster hold, into a folder of ours. @throws ToolError `not-copied` (exit 4), with a full disk too. */
export async function copyNodes(from: StandingFolder, to: StandingFolder): Promise<void> {
  try {
    // shared blocks where the file system has them
    await cp(from.nodes, to.nodes, { recursive: true, mode: constants.COPYFILE_FICLONE });
  } catch (cause) {
    const hint = `room for a copy of ${from.nodes} in the folder for temporary files: set TMPDIR to another`;
    throw refusal(`cannot copy ${from.nodes}: ${messageOf(cause)}`, 'not-copied', hint);
  }
}

/** What a folder holds of a cluster; undefined: nothing. @throws ToolError `folder-damaged` (exit 4). */
export function keptIn(folder: StandingFolder): Kept | undefined {
  const file = keptFile(folder);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  } catch (cause) {
    const hint = 'it is written at each start of mqchaos broker: choose another --folder';
    throw refusal(`${file} cannot be read: ${messageOf(cause)}`, 'folder-damaged', hint);
  }
}

function keptFile(folder: StandingFolder): string {
  return join(folder.path, 'cluster.json');
}

function refusal(message: string, code: string, hint: string): ToolError {
  return new ToolError(message, { code, hint, exitCode: exitCodes.setup });
}
