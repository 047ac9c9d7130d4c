/** An ext4 on a loop device, and what can be done to it: cut its power, fill it, let it die, make it read-only. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '../../cluster/process.ts';
import { noAbort, pause } from '../../wait.ts';
import { droppedBetween, sizesIn } from './dropped.ts';

const boundMs = 60_000;
const busyMs = 10_000;
const busyEveryMs = 20;

/** `EXT4_IOC_SHUTDOWN` of fs/ext4/ext4.h, `_IOR('X', 125, __u32)`; its flags are those of XFS. */
const shutdownCode = 0x8004587d;
/** Everything is synced, then no request is taken any more: the disk dies. */
const afterSync = 0;
/** Neither data nor the journal are written out first: the power is gone. */
const atOnce = 2;
const filler = '.mqchaos-filler';
const spare = 8 << 20;

/** Node has no ioctl; perl is on every Debian and Ubuntu. */
const ioctl =
  'open(my $f, "<", $ARGV[0]) or die "$!\\n"; my $b = pack("L", $ARGV[2]); ioctl($f, $ARGV[1], $b) or die "$!\\n"';

type Evidence = Readonly<Record<string, unknown>>;

export class LoopDisk {
  readonly folder: string;
  readonly #image: string;
  readonly #sizeBytes: number;
  #failing: 'EIO' | 'ENOSPC' | 'EROFS' | undefined;

  constructor({ image, mount, sizeBytes }: { image: string; mount: string; sizeBytes: number }) {
    this.folder = mount;
    this.#image = image;
    this.#sizeBytes = sizeBytes;
  }

  /** `/dev/loop3`. */
  get device(): string {
    const line = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .findLast((each) => unescaped(each.split(' ')[4] ?? '') === this.folder);
    return line?.split(' - ')[1]?.split(' ')[1] ?? '';
  }

  /** Makes the file system where there is none. @throws Error with what the system said. */
  async mount(): Promise<void> {
    if (!existsSync(this.#image)) {
      const fd = openSync(this.#image, 'wx', 0o600);
      ftruncateSync(fd, this.#sizeBytes);
      closeSync(fd);
      // no share for root, or a full disk is full for others only
      await run('mkfs.ext4', '-q', '-F', '-m', '0', '-E', 'lazy_itable_init=1,lazy_journal_init=1', this.#image);
    }
    mkdirSync(this.folder, { recursive: true });
    await this.#mount();
    const found = join(this.folder, 'lost+found'); // Kafka takes every folder for a partition's
    if (existsSync(found)) rmdirSync(found);
  }

  /** Everything is on the disk when it resolves. */
  async checkpoint(): Promise<Evidence> {
    await run('sync', '-f', this.folder);
    return { checkpoint: true };
  }

  /**
   * Nothing may run on it. What the files had and have tells what is lost, as far as sizes tell: overwritten bytes do not
   * show.
   */
  async cutPower(): Promise<Evidence> {
    const before = sizesIn(this.folder);
    await this.#shutDown(atOnce);
    await this.#mountAnew();
    return droppedBetween(before, sizesIn(this.folder));
  }

  async fail({ fail }: { readonly fail: 'EIO' | 'ENOSPC' | 'EROFS' }): Promise<Evidence> {
    if (this.#failing !== undefined) throw new Error(`it fails already with ${this.#failing}`);
    this.#failing = fail;
    switch (fail) {
      case 'EIO':
        await this.#shutDown(afterSync);
        return { fail };
      case 'ENOSPC':
        return { fail, ...(await this.#fill()) };
      case 'EROFS': {
        // with errors=remount-ro an error of the file system makes it read-only: a remount is refused while files are open
        writeFileSync(`/sys/fs/ext4/${this.device.slice('/dev/'.length)}/trigger_fs_error`, 'mqchaos');
        return { fail };
      }
      default:
        throw new Error(`ext4 cannot ${JSON.stringify(fail)}`);
    }
  }

  /** Nothing may run on it, unless it was only full. */
  async heal(): Promise<Evidence> {
    const failed = this.#failing;
    if (failed === undefined) return { healed: true };
    if (failed === 'ENOSPC') rmSync(join(this.folder, filler));
    else await this.#mountAnew(failed === 'EROFS');
    this.#failing = undefined;
    return { healed: true };
  }

  /** To the last block. @throws Error when there is room left. */
  async #fill(): Promise<Evidence> {
    const path = join(this.folder, filler);
    // at once and without writing a byte, but not to the last block: the file's own places take some
    const most = statfsSync(this.folder);
    const spareBytes = Math.min(spare, most.bavail * most.bsize);
    const allocated = most.bavail * most.bsize - spareBytes;
    if (allocated > 0) await run('fallocate', '-l', String(allocated), path);
    const fd = openSync(path, 'a', 0o600);
    try {
      for (let chunk = Buffer.alloc(1 << 20); chunk.length >= 512; ) {
        try {
          for (;;) writeFileSync(fd, chunk);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          chunk = chunk.subarray(0, chunk.length >> 1);
        }
      }
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    const { bavail: freeBlocks } = statfsSync(this.folder);
    if (freeBlocks > 1) throw new Error(`${freeBlocks} blocks are still free`);
    return { filledBytes: statSync(path).size, freeBlocks };
  }

  #shutDown(how: number): Promise<void> {
    return run('perl', '-e', ioctl, this.folder, String(shutdownCode), String(how));
  }

  async #mountAnew(hasErrors = false): Promise<void> {
    const endMs = performance.now() + busyMs;
    for (;;) {
      try {
        await run('umount', this.folder);
        break;
      } catch (error) {
        // a killed process lets go of its files a moment after it is gone
        if (performance.now() > endMs) throw error;
        await pause(busyEveryMs, noAbort);
      }
    }
    // it says with 1 that it has put something right
    if (hasErrors) await runOr([0, 1], 'e2fsck', '-p', this.#image);
    await this.#mount();
  }

  #mount(): Promise<void> {
    return run('mount', '-t', 'ext4', '-o', 'loop,errors=remount-ro', this.#image, this.folder);
  }
}

function run(command: string, ...args: readonly string[]): Promise<void> {
  return runOr([0], command, ...args);
}

/** @throws Error with what it said, unless it ends with one of these. */
async function runOr(good: readonly number[], command: string, ...args: readonly string[]): Promise<void> {
  const { exitCode, said } = await runToEnd({ command, args }, { folder: '/', boundMs });
  if (exitCode !== undefined && good.includes(exitCode)) return;
  throw new Error(
    `${command}: ${said.trim() || (exitCode === undefined ? 'not found, or not done in time' : `exit code ${exitCode}`)}`,
  );
}

/** proc(5): space, tab, newline and backslash are written as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
