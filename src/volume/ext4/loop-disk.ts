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
import { noAbort, pause } from '../../wait.ts';
import type { CutReport } from '../core/cut.ts';
import { run } from './command.ts';
import { lossBetween, sizesIn } from './sizes.ts';

const busyMs = 10_000;
const busyEveryMs = 20;

/** `EXT4_IOC_SHUTDOWN` of fs/ext4/ext4.h, `_IOR('X', 125, __u32)`; its flags are those of XFS. */
const shutdownCode = 0x8004587d;
/** Everything is synced, then no request is taken any more: the disk dies. */
const afterSync = 0;
/** Neither data nor the journal are written out first: the power is gone. */
const atOnce = 2;
/** Node has no ioctl; perl is on every Debian and Ubuntu. */
const ioctl =
  'open(my $f, "<", $ARGV[0]) or die "$!\\n"; my $b = pack("L", $ARGV[2]); ioctl($f, $ARGV[1], $b) or die "$!\\n"';

const filler = '.mqchaos-filler';
/** Left to be filled by writes, for what the places of the filler itself take. */
const spareBytes = 8 << 20;

export class LoopDisk {
  readonly #image: string;
  readonly #folder: string;
  readonly #sizeBytes: number;
  #failing: unknown;

  constructor(image: string, folder: string, sizeBytes: number) {
    this.#image = image;
    this.#folder = folder;
    this.#sizeBytes = sizeBytes;
  }

  /** `/dev/loop3`. */
  get device(): string {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    const line = mounts.findLast((each) => unescaped(each.split(' ')[4] ?? '') === this.#folder);
    return line?.split(' - ')[1]?.split(' ')[1] ?? '';
  }

  /** Makes the file system where there is none. @throws Error with what the system said. */
  mount(): void {
    if (!existsSync(this.#image)) {
      const fd = openSync(this.#image, 'wx', 0o600);
      ftruncateSync(fd, this.#sizeBytes);
      closeSync(fd);
      // no share for root, or a full disk is full for others only
      run('mkfs.ext4', ['-q', '-F', '-m', '0', '-E', 'lazy_itable_init=1,lazy_journal_init=1', this.#image]);
    }
    mkdirSync(this.#folder, { recursive: true });
    this.#mount();
    const found = join(this.#folder, 'lost+found'); // a broker might take it for one of its own
    if (existsSync(found)) rmdirSync(found);
  }

  /** Everything is on the disk when it returns. */
  checkpoint(): object {
    run('sync', ['-f', this.#folder]);
    return {};
  }

  /** Nothing may run on it. */
  async cutPower(): Promise<CutReport> {
    const before = sizesIn(this.#folder);
    this.#shutDown(atOnce);
    await this.#mountAnew();
    return lossBetween(before, sizesIn(this.#folder));
  }

  /** @throws Error of what an ext4 cannot do. */
  fail(errno: unknown): object {
    if (this.#failing !== undefined) throw new Error(`it fails already with ${String(this.#failing)}`);
    const done = this.#fail(errno);
    this.#failing = errno;
    return done;
  }

  #fail(errno: unknown): object {
    switch (errno) {
      case 'EIO':
        this.#shutDown(afterSync);
        return {};
      case 'ENOSPC':
        return this.#fill();
      case 'EROFS':
        // with errors=remount-ro an error makes it read-only: a remount is refused while files are open
        writeFileSync(`/sys/fs/ext4/${this.device.slice('/dev/'.length)}/trigger_fs_error`, 'mqchaos');
        return {};
      default:
        throw new Error('an ext4 fails with EIO, ENOSPC or EROFS, and only as a whole');
    }
  }

  /** Nothing may run on it, unless it was only full. */
  async heal(): Promise<object> {
    const failing = this.#failing;
    if (failing === 'ENOSPC') rmSync(join(this.#folder, filler));
    else if (failing !== undefined) await this.#mountAnew(failing === 'EROFS');
    this.#failing = undefined;
    return {};
  }

  /** To the last block. @throws Error when there is room left. */
  #fill(): object {
    const path = join(this.#folder, filler);
    const { bavail, bsize } = statfsSync(this.#folder);
    const allocated = bavail * bsize - spareBytes;
    if (allocated > 0) run('fallocate', ['-l', String(allocated), path]); // at once, without writing a byte
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
    const { bavail: freeBlocks } = statfsSync(this.#folder);
    if (freeBlocks > 1) throw new Error(`${freeBlocks} blocks are still free`);
    return { filledBytes: statSync(path).size };
  }

  #shutDown(how: number): void {
    run('perl', ['-e', ioctl, this.#folder, String(shutdownCode), String(how)]);
  }

  async #mountAnew(hasErrors = false): Promise<void> {
    const endMs = performance.now() + busyMs;
    while (!this.#isUnmounted(performance.now() > endMs)) await pause(busyEveryMs, noAbort);
    // it says with 1 that it has put something right
    if (hasErrors) run('e2fsck', ['-p', this.#image], [0, 1]);
    this.#mount();
  }

  /** A killed process lets go of its files a moment after it is gone. @throws Error when it is the last time. */
  #isUnmounted(isLast: boolean): boolean {
    try {
      run('umount', [this.#folder]);
      return true;
    } catch (error) {
      if (isLast) throw error;
      return false;
    }
  }

  #mount(): void {
    run('mount', ['-t', 'ext4', '-o', 'loop,errors=remount-ro', this.#image, this.#folder]);
  }
}

/** proc(5): space, tab, newline and backslash are written as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
