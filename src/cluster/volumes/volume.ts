/** What faults can do to a node's disk: lose it, cut its power, make it fail. Each needs the node's own spec to say how. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Controls, DiskRule, Evidence } from '../controls.ts';
import type { Conversation } from '../conversation.ts';
import type { Program, VolumeSpec } from '../node-spec.ts';
import { outputFiles, runProgram } from '../process.ts';
import type { MountedVolume } from './mounted-volume.ts';

export interface VolumeHost {
  readonly folder: string;
  readonly run: string;
  readonly isRunning: () => boolean;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<Evidence>;
  /** Resolves when it serves again. */
  start(): Promise<Evidence>;
  /** How to tell the running process something. @throws Error when it is not running. */
  conversation(): Conversation;
  /** What is mounted. @throws Error when the node was never started. */
  volume(): MountedVolume;
}

/** The controls that a volume contributes to its node. */
export function volumeControls(spec: VolumeSpec, host: VolumeHost): Controls {
  return spec.disk === undefined ? plainControls(spec, host) : mountedControls(spec, host);
}

/** A plain folder, and what the process itself can do about it. */
function plainControls({ data, cutPower, takesDiskOrders }: VolumeSpec, host: VolumeHost): Controls {
  return {
    wipe: async () => ({ ...(await killed(host)), ...removeFiles(host.folder, data) }),
    ...(cutPower === undefined
      ? {}
      : {
          cutPower: async (tornSeed) => ({
            ...(await killed(host)),
            ...(await dropUnsynced(cutPower, host, tornSeed)),
          }),
        }),
    ...(takesDiskOrders === true ? { disk: (rule) => orderDisk(rule, host) } : {}),
  };
}

/** Everything of the node that still runs is ended before its disk loses anything: what runs on would sync what is gone. */
function mountedControls({ data, mount }: VolumeSpec, host: VolumeHost): Controls {
  const down = async (): Promise<Evidence> => ({ ...(await killed(host)), ...(await host.volume().clear()) });
  return {
    wipe: async () => {
      const paths = (data ?? [mount]).map((name) => join(host.folder, name));
      return { ...(await down()), ...(await host.volume().remove(paths)) };
    },
    cutPower: async (tornSeed) => ({ ...(await down()), ...(await host.volume().cut(tornSeed)) }),
    disk: async (rule) => (rule === null ? sound(host, down) : { ...rule, ...(await host.volume().fail(rule)) }),
    damage: async (damage) => {
      if (host.isRunning()) throw new Error('its files are damaged while it is down');
      return { ...(await host.volume().clear()), ...(await host.volume().damage(damage)) };
    },
  };
}

/** An ext4 that took no more requests must be mounted anew, with nothing on it; one that is full only wants room. */
async function sound(host: VolumeHost, down: () => Promise<Evidence>): Promise<Evidence> {
  const volume = host.volume();
  const { rule } = volume;
  const anew = volume.kind === 'ext4' && rule !== undefined && 'fail' in rule && rule.fail !== 'ENOSPC';
  const ended = anew ? await down() : {};
  const healed = await volume.heal();
  if (host.isRunning()) return { ...ended, ...healed, healed: true };
  return { ...ended, ...healed, healed: true, started: await host.start() };
}

async function killed(host: VolumeHost): Promise<Evidence> {
  return host.isRunning() ? host.kill() : {};
}

/** Drops what the node had not synced. @throws Error with the program's own words when it could not. */
function dropUnsynced(cutPower: Program, { run }: VolumeHost, tornSeed: number | undefined): Promise<Evidence> {
  const torn = tornSeed === undefined ? [] : ['--torn', String(tornSeed)];
  return runProgram({ ...cutPower, args: [...cutPower.args, ...torn] }, run);
}

/** A rule is in the process alone, so that a node that is down has none. */
async function orderDisk(rule: DiskRule | null, host: VolumeHost): Promise<Evidence> {
  const answer = await host.conversation().order({ disk: rule === null ? null : inItsWords(rule) });
  return { ...(rule ?? { healed: true }), ...answer };
}

/** A process that keeps its own account of its disk knows errors of writes and syncs, and syncs that are slow. */
function inItsWords(rule: DiskRule): Evidence {
  if ('fail' in rule) return { fail: rule.fail, on: rule.on };
  if ('delayMs' in rule) return { syncDelayMs: rule.delayMs };
  throw new Error('it cannot hang');
}

/**
 * Removes what a node keeps: these paths of its folder, or all of it. What the process printed is ours and stays.
 * @throws Error when something of it is still there.
 */
function removeFiles(folder: string, data?: readonly string[]): Evidence {
  const isOutput = (name: string): boolean => outputFiles.some((output) => output === name);
  const roots = data ?? readdirSync(folder).filter((name) => !isOutput(name));
  const paths = roots.map((name) => join(folder, name)).filter((path) => existsSync(path));
  const sizes = paths.flatMap(sizesIn);
  for (const path of paths) rmSync(path, { recursive: true });
  const left = paths.filter((path) => existsSync(path));
  if (left.length > 0) throw new Error(`still there: ${left.join(', ')}`);
  return { removedFiles: sizes.length, removedBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

function sizesIn(path: string): number[] {
  if (!statSync(path).isDirectory()) return [statSync(path).size];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
}
