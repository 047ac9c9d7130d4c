import { fractionOf } from '../core/cut.ts';
import type { Inode } from '../core/inode.ts';
import type { Volume } from '../core/volume.ts';
import { globOf } from './glob.ts';

export const damageKinds = ['bit-flip', 'torn-page'] as const;

export interface Damage {
  readonly kind: (typeof damageKinds)[number];
  /** Pattern of the files. */
  readonly path: string;
  readonly seed: number;
  readonly count: number;
}

export interface Damaged {
  readonly path: string;
  /** Of the first byte that was changed. */
  readonly offset: number;
  readonly bytes: number;
  /** Of a flip: 0 is the lowest. */
  readonly bit?: number;
}

const pageBytes = 4096;
const sectorBytes = 512;

/**
 * Damages the disk at places that follow from the seed, each byte of the files as likely as any other. `bit-flip` turns
 * one bit over. `torn-page`: a page of 4 KiB has zeros from the border of a sector on, as if its write had been cut short.
 * The node sees it too. Empty files are passed over; without any file nothing is damaged.
 */
export function damage(volume: Volume, { kind, path, seed, count }: Damage): { damaged: Damaged[]; inodes: Inode[] } {
  const isMeant = globOf(path);
  const files = [...volume.inodes].filter(
    (inode) => inode.kind === 'file' && inode.sizeBytes > 0 && isMeant(inode.path ?? ''),
  );
  files.sort((one, other) => ((one.path ?? '') < (other.path ?? '') ? -1 : 1));
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const damaged: Damaged[] = [];
  const inodes = new Set<Inode>();
  for (let index = 0; index < count && totalBytes > 0; index++) {
    const { file, offset } = placeAt(files, Math.floor(fractionOf(`${seed}\0${index}`) * totalBytes));
    inodes.add(file);
    const choice = fractionOf(`${seed}\0${index}\0how`);
    damaged.push(kind === 'bit-flip' ? flip(volume, file, offset, choice) : tear(volume, file, offset, choice));
  }
  return { damaged, inodes: [...inodes] };
}

function flip(volume: Volume, file: Inode, offset: number, choice: number): Damaged {
  const bit = Math.floor(choice * 8);
  volume.damage(file, offset, offset + 1, (byte) => byte ^ (1 << bit));
  return { path: file.path ?? '', offset, bytes: 1, bit };
}

function tear(volume: Volume, file: Inode, offset: number, choice: number): Damaged {
  const page = Math.floor(offset / pageBytes) * pageBytes;
  const start = page + sectorBytes * Math.floor(choice * (pageBytes / sectorBytes));
  const end = Math.min(page + pageBytes, file.sizeBytes);
  const from = Math.min(start, Math.max(page, end - sectorBytes)); // of a short last page its end
  volume.damage(file, from, end, () => 0);
  return { path: file.path ?? '', offset: from, bytes: end - from };
}

function placeAt(files: readonly Inode[], at: number): { file: Inode; offset: number } {
  let offset = at;
  for (const file of files) {
    if (offset < file.sizeBytes) return { file, offset };
    offset -= file.sizeBytes;
  }
  throw new Error(`no file has byte ${at}`);
}
