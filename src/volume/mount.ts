/**
 * Mounting by /dev/fuse from plain Node, which has neither mount(2) nor ioctl(2): mount(8) is given the descriptor, that it
 * inherits, as an option. This works as root and, in a user namespace, as anybody who may open /dev/fuse.
 */
import { spawn, spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { exitCodes, messageOf, ToolError } from '../errors.ts';

const devicePath = '/dev/fuse';
/** The number that mount(8) inherits the device under. */
const inherited = 3;

/** @returns the descriptor by which the kernel asks. @throws ToolError `no-fuse` (exit 4). */
export function openDevice(): number {
  try {
    return openSync(devicePath, 'r+');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ToolError(`${devicePath} does not open: ${messageOf(cause)}`, {
      code: 'no-fuse',
      hint: isMissing
        ? 'load the kernel module (modprobe fuse); in a container, give it the device (--device /dev/fuse)'
        : 'run as root, or let users open it (chmod 666 /dev/fuse)',
      exitCode: exitCodes.setup,
      cause,
    });
  }
}

/** @throws ToolError `not-mounted` (exit 4) with the words of mount(8). */
export function mount(device: number, folder: string): void {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const options = `fd=${inherited},rootmode=40000,user_id=${uid},group_id=${gid},default_permissions,allow_other`;
  const args = ['-i', '-t', 'fuse', '-o', options, 'mqchaos-volume', folder];
  const { status, error, stderr } = spawnSync('mount', args, { stdio: ['ignore', 'ignore', 'pipe', device] });
  if (status === 0) return;
  throw new ToolError(`${folder} was not mounted: ${error?.message ?? String(stderr).trim()}`, {
    code: 'not-mounted',
    hint: "mounting needs root, or a user namespace of one's own (unshare -Urm)",
    exitCode: exitCodes.setup,
  });
}

/** @returns whether it worked: it does not while a process has something open in there, unless `lazily`. */
export function unmount(folder: string, lazily: boolean): Promise<boolean> {
  return run('umount', ['-i', ...(lazily ? ['-l'] : []), folder]);
}

/** Makes the kernel write out what it holds of the volume in memory-mapped files. @throws Error when it does not. */
export async function flushKernel(folder: string): Promise<void> {
  if (!(await run('sync', ['-f', folder]))) throw new Error(`sync -f ${folder} failed`);
}

function run(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
