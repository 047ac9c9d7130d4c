/** The kinds of volume that a machine can do, and whether any is left. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { probeVolume, type VolumeKind } from '../../src/cluster/volumes/volume-probe.ts';
import { noAbort, poll } from '../../src/wait.ts';

/** `missing`: why there is none here. @throws Error in CI, where each must work. */
export async function volumeKinds(): Promise<{ readonly kind: VolumeKind; readonly missing: string | undefined }[]> {
  const kinds: readonly VolumeKind[] = ['fuse', 'ext4'];
  return Promise.all(
    kinds.map(async (kind) => {
      const { works, detail } = await probeVolume(kind);
      if (!works && process.env.CI === 'true') throw new Error(`no volume of kind ${kind}, and CI=true: ${detail}`);
      return { kind, missing: works ? undefined : detail };
    }),
  );
}

/**
 * What is mounted below a path after 10 s, or has a loop device there. The kernel takes a mount namespace down in its own time,
 * a moment after the last process in it.
 */
export async function leftMounted(path: string): Promise<string[]> {
  await poll(() => (mountsOf(path).length === 0 ? true : undefined), { everyMs: 50, boundMs: 10_000, signal: noAbort });
  return mountsOf(path);
}

/** Mounts that everybody sees and loop devices, by a part of a path. */
function mountsOf(part: string): string[] {
  const mounts = readFileSync('/proc/mounts', 'utf8');
  const loops = spawnSync('losetup', ['-a'], { encoding: 'utf8' }).stdout;
  return `${mounts}${loops}`.split('\n').filter((line) => line.includes(part));
}
