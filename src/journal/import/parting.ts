/** Into how many parts ids go, by the size of what names them. */
import { sizeOf } from './source.ts';

/** Of the largest side's bytes: a part of that size takes some 30 MB while it is joined. */
const bytesPerPart = 6e6;
const mostParts = 512;

/** How many shards records are written into, before their size is known for sure. @throws ToolError `unreadable` (exit 2). */
export function shardsFor(sides: readonly (readonly string[])[]): number {
  const bytes = Math.max(...sides.map(sizeOf));
  return Math.min(mostParts, Math.max(1, Math.ceil(bytes / bytesPerPart)));
}

/** The shards of each part. @param bytes of the largest side, by which small shards are taken together; undefined: each alone. */
export function partsOf(shards: number, bytes: number | undefined): number[][] {
  const perPart = bytes === undefined ? 1 : Math.ceil(shards / Math.max(1, Math.ceil(bytes / bytesPerPart)));
  const all = Array.from({ length: shards }, (_, shard) => shard);
  return Array.from({ length: Math.ceil(shards / perPart) }, (_, at) => all.slice(at * perPart, (at + 1) * perPart));
}
