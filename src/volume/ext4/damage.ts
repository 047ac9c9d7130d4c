/** Damage to files at rest, at places that a seed decides: flipped bits, and pages of which half was written. */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { stream } from '../../plan/random.ts';
import { sizesIn } from './dropped.ts';

export interface Damage {
  readonly kind: 'bit-flip' | 'torn-page';
  readonly count: number;
  readonly seed: number;
  /** Files, by a pattern with `*`; absent: all. */
  readonly path?: string;
}

const pageBytes = 4096;

/** Files are hit in proportion to what is in them. @throws Error when no file with anything in it goes by the pattern. */
export async function damageFile(folder: string, { kind, count, seed, path }: Damage) {
  const pattern = path === undefined ? undefined : patternOf(path);
  const files = [...sizesIn(folder)]
    .filter(([file, size]) => size > 0 && (pattern?.test(file) ?? true))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const total = files.reduce((sum, [, size]) => sum + size, 0);
  if (total === 0)
    throw new Error(`there is no file with anything in it${path === undefined ? '' : ` that goes by ${path}`}`);
  const random = stream(seed, 'damage');
  const damaged = Array.from({ length: count }, () => {
    let at = random.int(total);
    for (const [file, size] of files) {
      if (at < size) return hit(join(folder, file), at, size, kind, random.int(8), file);
      at -= size;
    }
    throw new Error('a place beyond the last file');
  });
  return { damaged };
}

function hit(path: string, at: number, size: number, kind: Damage['kind'], bit: number, file: string) {
  const fd = openSync(path, 'r+');
  try {
    if (kind === 'bit-flip') {
      const byte = Buffer.alloc(1);
      readSync(fd, byte, 0, 1, at);
      byte[0] = (byte[0] ?? 0) ^ (1 << bit);
      writeSync(fd, byte, 0, 1, at);
      fsyncSync(fd);
      return { file, at, bit };
    }
    // the second half of the page was never written: nothing is there
    const page = at - (at % pageBytes);
    const end = Math.min(page + pageBytes, size);
    const from = page + Math.floor((end - page) / 2);
    writeSync(fd, Buffer.alloc(end - from), 0, end - from, from);
    fsyncSync(fd);
    return { file, at: from, bytes: end - from };
  } finally {
    closeSync(fd);
  }
}

/** `*` stands for anything but a slash, `**` for anything. */
function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.+^${}()|[\]\\?]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('**', '\0').replaceAll('*', '[^/]*').replaceAll('\0', '.*')}$`);
}
