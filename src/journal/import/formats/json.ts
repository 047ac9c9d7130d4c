/** Lines that are JSON objects. */
import type { Fields } from './fields.ts';

/** @throws Error. */
export function objectOf(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('not JSON');
  }
  return asObject(value);
}

/**
 * The object that a line ends with, behind whatever a logger puts before it; undefined where no object begins. Only the
 * first that begins is tried: what is inside of a damaged one is not a record.
 * @throws Error where one begins and cannot be read.
 */
export function objectBehind(text: string): Fields | undefined {
  const from = text.startsWith('{') ? 0 : text.search(beginning);
  return from < 0 ? undefined : objectOf(from === 0 ? text : text.slice(from));
}

const beginning = /\{\s*["}]/;

function asObject(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not a JSON object');
  return value as Fields;
}

/** For telling formats apart: the object of a line, or undefined. */
export function objectIn(text: string): Fields | undefined {
  try {
    return objectOf(text);
  } catch {
    return undefined;
  }
}
