/** Whether this machine can do a kind of disk, tried for real: one is mounted, its power is cut, and it goes. */
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { exitCodes, messageOf, ToolError } from '../../errors.ts';
import type { ClusterSettings } from '../../products/cluster.ts';
import { noAbort } from '../../wait.ts';
import type { Disk } from '../node-spec.ts';
import { runProgram } from '../process.ts';
import { MountedVolume } from './mounted-volume.ts';

export type VolumeKind = Disk['kind'];

/** `remedy` is there where it does not work. */
export interface VolumeProbe {
  readonly works: boolean;
  readonly detail: string;
  readonly remedy?: string;
}

const probed: Readonly<Record<VolumeKind, Disk>> = {
  fuse: { kind: 'fuse', writeBack: 'worst case', checkpoint: true },
  ext4: { kind: 'ext4', sizeBytes: 4 * 1024 * 1024, checkpoint: true },
};

/** Never rejects. Tried once by a process. */
export function probeVolume(kind: VolumeKind): Promise<VolumeProbe> {
  tried[kind] ??= tryVolume(kind);
  return tried[kind];
}

const tried: Partial<Record<VolumeKind, Promise<VolumeProbe>>> = {};

async function tryVolume(kind: VolumeKind): Promise<VolumeProbe> {
  const missing = missingFor(kind);
  if (missing !== undefined) return { works: false, ...missing };
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-volume-'));
  let volume: MountedVolume | undefined;
  try {
    const mount = join(folder, 'mount');
    volume = await MountedVolume.open({
      ...{ name: 'a trial', disk: probed[kind], folder, mount, run: folder, signal: noAbort },
    });
    const file = join(mount, 'not-synced');
    await runProgram(volume.inside({ command: 'sh', args: ['-c', 'echo written > "$0"', file] }), folder);
    await volume.cut();
    // a name may outlive the cut, what was written must not
    const { said } = await runProgram(
      volume.inside({ command: 'sh', args: ['-c', 'cat "$0" 2>&1 || true', file] }),
      folder,
    );
    if (said === 'written') {
      return { works: false, detail: 'what was not synced outlived a power cut', remedy: remedies[kind] };
    }
    return { works: true, detail: details[kind] };
  } catch (error) {
    return { works: false, detail: messageOf(error), remedy: remedies[kind] };
  } finally {
    await volume?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws ToolError `volume-impossible` (exit 4) where the plan's volumes are of a kind that this machine cannot do. */
export async function requireVolume({ volume }: ClusterSettings): Promise<void> {
  if (volume === undefined || volume.kind === 'none') return;
  const { works, detail, remedy } = await probeVolume(volume.kind);
  if (works) return;
  throw new ToolError(`cluster.volume: ${volume.kind} cannot be done on this machine: ${detail}`, {
    code: 'volume-impossible',
    hint: remedy ?? 'see mqchaos doctor',
    exitCode: exitCodes.setup,
  });
}

const details: Readonly<Record<VolumeKind, string>> = {
  fuse: 'cluster.volume: fuse: power cuts, and disks that fail by request, file and count',
  ext4: 'cluster.volume: ext4: power cuts of a real file system, and disks that are full, dead or read-only',
};

const remedies: Readonly<Record<VolumeKind, string>> = {
  fuse:
    'run mqchaos as root; or allow this user to use it: chmod 666 /dev/fuse, and user namespaces that may mount; in a ' +
    'container: --device /dev/fuse --cap-add SYS_ADMIN',
  ext4: 'run mqchaos as root, in a container with --privileged; or use cluster.volume: fuse',
};

/** What can be told without a trial, so that it is told plainly. */
function missingFor(kind: VolumeKind): Pick<VolumeProbe, 'detail' | 'remedy'> | undefined {
  const programs =
    kind === 'fuse' ? ['unshare', 'nsenter'] : ['unshare', 'nsenter', 'mkfs.ext4', 'e2fsck', 'umount', 'perl'];
  const absent = programs.filter((program) => !isInstalled(program));
  if (absent.length > 0) {
    return { detail: `${absent.join(', ')} missing`, remedy: 'apt-get install util-linux mount e2fsprogs perl-base' };
  }
  if (kind === 'ext4') {
    if (process.getuid?.() !== 0) return { detail: 'only root may mount one', remedy: remedies.ext4 };
    return existsSync('/dev/loop-control')
      ? undefined
      : { detail: 'there is no /dev/loop-control', remedy: remedies.ext4 };
  }
  if (!existsSync('/dev/fuse')) return { detail: 'there is no /dev/fuse', remedy: remedies.fuse };
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return { detail: 'this user may not open /dev/fuse', remedy: remedies.fuse };
  }
}

function isInstalled(program: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, program)));
}
