import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Inode } from '../../../src/volume/core/inode.ts';
import { removedName } from '../../../src/volume/core/store.ts';
import type { Volume } from '../../../src/volume/core/volume.ts';
import { describe, type Tree } from './oracle.ts';

/** What is in a folder. */
export function treeOf(root: string): Tree {
  const first = new Map<number, string>();
  const links = new Map<string, number>();
  const told: Record<string, string> = {};
  const walk = (above: string): void => {
    const entries = readdirSync(join(root, above), { withFileTypes: true });
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = `${above}${entry.name}`;
      if (path === removedName) continue;
      if (entry.isDirectory()) {
        told[path] = describe('folder', Buffer.alloc(0), undefined);
        walk(`${path}/`);
      } else if (entry.isSymbolicLink()) {
        told[path] = describe('link', Buffer.from(readlinkSync(join(root, path))), undefined);
      } else {
        const { ino, nlink } = statSync(join(root, path));
        const also = first.get(ino);
        first.set(ino, also ?? path);
        links.set(also ?? path, (links.get(also ?? path) ?? nlink) - 1);
        told[path] = describe('file', readFileSync(join(root, path)), also);
      }
    }
  };
  walk('');
  for (const [path, more] of links) if (more !== 0) told[path] += ` and ${more} more links than names`;
  return told;
}

/** What a volume shows to a kernel. */
export function treeIn(volume: Volume): Tree {
  const first = new Map<Inode, string>();
  const told: Record<string, string> = {};
  const walk = (folder: Inode, above: string): void => {
    for (const [name, inode] of [...folder.children].sort(([one], [other]) => (one < other ? -1 : 1))) {
      const path = `${above}${name}`;
      const also = inode.kind === 'file' ? first.get(inode) : undefined;
      first.set(inode, also ?? path);
      told[path] = describe(inode.kind, contentOf(volume, inode), also);
      if (inode.kind === 'folder') walk(inode, `${path}/`);
    }
  };
  walk(volume.root, '');
  return told;
}

function contentOf(volume: Volume, inode: Inode): Buffer {
  if (inode.kind === 'link') return Buffer.from(volume.store.readLink(inode));
  if (inode.kind === 'folder') return Buffer.alloc(0);
  const bytes = Buffer.alloc(inode.sizeBytes);
  volume.read(inode, bytes, 0);
  return bytes;
}
