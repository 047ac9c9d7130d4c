/** Damage to files at rest, as the other kind of volume does it: at places that follow from the seed. */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fractionOf } from '../core/cut.ts';
import type { Damage, Damaged } from '../failures/damage.ts';
import { globOf } from '../failures/glob.ts';
import { sizesIn } from './sizes.ts';

const pageBytes = 4096;
const sectorBytes = 512;

/** Each byte of the files is as likely as any other. @throws Error when no file with anything in it goes by the pattern. */
export function damageFiles(folder: string, { kind, path, seed, count }: Damage): { damaged: Damaged[] } {
  const isMeant = globOf(path);
  const files = [...sizesIn(folder)].filter(([file, sizeBytes]) => sizeBytes > 0 && isMeant(file));
  files.sort(([one], [other]) => (one < other ? -1 : 1));
  const totalBytes = files.reduce((sum, [, sizeBytes]) => sum + sizeBytes, 0);
  if (totalBytes === 0) throw new Error(`no file with bytes in it matches ${path}`);
  const damaged = Array.from({ length: count }, (_, index) => {
    const place = placeAt(files, Math.floor(fractionOf(`${seed}\0${index}`) * totalBytes));
    const choice = fractionOf(`${seed}\0${index}\0how`);
    const { offset, bytes } = kind === 'bit-flip' ? { offset: place.offset, bytes: 1 } : tornAt(place, choice);
    const bit = Math.floor(choice * 8);
    change(join(folder, place.path), offset, bytes, kind === 'bit-flip' ? (byte) => byte ^ (1 << bit) : () => 0);
    return { path: place.path, offset, bytes, ...(kind === 'bit-flip' ? { bit } : {}) };
  });
  return { damaged };
}

interface Place {
  readonly path: string;
  readonly sizeBytes: number;
  readonly offset: number;
}

function placeAt(files: readonly (readonly [path: string, sizeBytes: number])[], at: number): Place {
  let offset = at;
  for (const [path, sizeBytes] of files) {
    if (offset < sizeBytes) return { path, sizeBytes, offset };
    offset -= sizeBytes;
  }
  throw new Error(`no file has byte ${at}`);
}

/** From the border of a sector on, its page was never written. */
function tornAt({ offset, sizeBytes }: Place, choice: number): { offset: number; bytes: number } {
  const page = Math.floor(offset / pageBytes) * pageBytes;
  const end = Math.min(page + pageBytes, sizeBytes);
  const start = page + sectorBytes * Math.floor(choice * (pageBytes / sectorBytes));
  const from = Math.min(start, Math.max(page, end - sectorBytes));
  return { offset: from, bytes: end - from };
}

function change(path: string, offset: number, bytes: number, changed: (byte: number) => number): void {
  const fd = openSync(path, 'r+');
  try {
    const held = Buffer.alloc(bytes);
    readSync(fd, held, 0, bytes, offset);
    writeSync(fd, held.map(changed), 0, bytes, offset);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
