/** What faults can do to a node's disk: lose it, cut its power, make it fail. Each needs the node's own spec to say how. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Controls, DiskRule, Evidence } from './controls.ts';
import type { Conversation } from './conversation.ts';
import type { Program, VolumeSpec } from './node-spec.ts';
import { outputFiles, runProgram } from './process.ts';

export interface VolumeHost {
  readonly folder: string;
  readonly run: string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<Evidence>;
  /** How to tell the running process something. @throws Error when it is not running. */
  conversation(): Conversation;
}

/** The controls that a volume contributes to its node. */
export function volumeControls({ data, cutPower, takesDiskOrders }: VolumeSpec, host: VolumeHost): Controls {
  return {
    wipe: async () => ({ ...(await host.kill()), ...removeFiles(host.folder, data) }),
    ...(cutPower === undefined
      ? {}
      : {
          cutPower: async (tornSeed) => ({ ...(await host.kill()), ...(await dropUnsynced(cutPower, host, tornSeed)) }),
        }),
    ...(takesDiskOrders === true ? { disk: (rule) => orderDisk(rule, host) } : {}),
  };
}

/** Drops what the node had not synced. @throws Error with the program's own words when it could not. */
function dropUnsynced(cutPower: Program, { run }: VolumeHost, tornSeed: number | undefined): Promise<Evidence> {
  const torn = tornSeed === undefined ? [] : ['--torn', String(tornSeed)];
  return runProgram({ ...cutPower, args: [...cutPower.args, ...torn] }, run);
}

/** A rule is in the process alone, so that a node that is down has none. */
async function orderDisk(rule: DiskRule | null, host: VolumeHost): Promise<Evidence> {
  const answer = await host.conversation().order({ disk: rule });
  return { ...(rule ?? { healed: true }), ...answer };
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
