/**
 * Positions of entries. An entry's id is `MS-SEQ`: the server's clock in ms and a number within that. As one integer that
 * keeps the order and stays below 2^48 - 1: ms since 2025 times 1024, plus the number; that reaches into 2033. An id that
 * does not fit has no position: more than 1024 entries of one millisecond (a clock that was set back counts on in the
 * last one), an id of somebody else's making.
 */
const epochMs = Date.UTC(2025, 0, 1);
const perMs = 1024;
const end = 2 ** 48 - 1;

export function positionOf(id: string): number | undefined {
  const [ms, seq] = partsOf(id);
  if (!(ms >= epochMs && seq < perMs)) return undefined;
  const position = (ms - epochMs) * perMs + seq;
  return position < end ? position : undefined;
}

/** The first position after an entry, and after those of the same millisecond that have none; 0 before 2025. */
export function positionAfter(id: string): number {
  const [ms, seq] = partsOf(id);
  if (!(ms >= epochMs)) return 0;
  return Math.min(end, (ms - epochMs) * perMs + Math.min(seq + 1, perMs));
}

/** Negative when `a` is the earlier one. */
export function compareIds(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  return left[0] - right[0] || left[1] - right[1];
}

function partsOf(id: string): readonly [number, number] {
  const [ms = '', seq = '0'] = id.split('-');
  return [Number(ms), Number(seq)];
}
