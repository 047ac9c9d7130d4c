/** Paths as a user sees them. */
import { isAbsolute, relative } from 'node:path';

/** Relative where it is here or below, so that it is short and names no home. */
export function shownPath(path: string): string {
  const below = relative(process.cwd(), path);
  if (below === '') return '.';
  return below.startsWith('..') || isAbsolute(below) ? path : below;
}
