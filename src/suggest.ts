/** What somebody may have meant who wrote a name that there is not. */

/** What is usually called so elsewhere, in lower case with dashes, and its name here; several where it may be any of them. */
export type UsualWords = Readonly<Record<string, string | readonly string[]>>;

/** `; did you mean 'kill'?` if one of the names is usually called so, or is a slip of the pen away; else nothing. */
export function didYouMean(written: string, names: readonly string[], usual: UsualWords = {}): string {
  const meant = suggestions(written, names, usual).map((name) => `'${name}'`);
  if (meant.length === 0) return '';
  return `; did you mean ${[meant.slice(0, -1).join(', '), meant.at(-1)].filter((part) => part !== '').join(' or ')}?`;
}

/** The names that may be meant: those that are usually called so, else the one that is a slip of the pen away. */
export function suggestions(written: string, names: readonly string[], usual: UsualWords = {}): readonly string[] {
  const word = written.toLowerCase().replaceAll(/[\s_]+/g, '-');
  const called = Object.hasOwn(usual, word) ? usual[word] : undefined;
  if (called !== undefined) return [called].flat();
  const closest = names
    .map((name) => ({ name, distance: editDistance(word, name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return closest === undefined || closest.distance > slip(closest.name) ? [] : [closest.name];
}

/** Names of which the written one is a part, or that share a part with it: `flush` is in `sync-flush`. At most five. */
export function related(written: string, names: readonly string[]): string[] {
  const parts = (name: string): string[] => name.toLowerCase().split(/[\s_-]+/);
  const asked = parts(written).filter((part) => part.length > 2);
  const near = (part: string, one: string): boolean => part.startsWith(one) || editDistance(part, one) <= slip(one) - 1;
  const shared = (name: string): number => asked.filter((one) => parts(name).some((part) => near(part, one))).length;
  return names
    .map((name) => ({ name, shared: shared(name) }))
    .filter(({ shared: count }) => count > 0)
    .sort((a, b) => b.shared - a.shared || a.name.length - b.name.length)
    .slice(0, 5)
    .map(({ name }) => name);
}

/** What the items of a list are usually called, from what each says of itself. */
export function usualWordsOf(
  items: readonly { readonly name: string; readonly alsoCalled?: readonly string[] }[],
): UsualWords {
  return Object.fromEntries(items.flatMap(({ name, alsoCalled = [] }) => alsoCalled.map((word) => [word, name])));
}

function slip(name: string): number {
  return Math.max(1, Math.floor(name.length / 3));
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const cost = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const replaced = cost(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && i > 1 && j > 1 ? cost(i - 2, j - 2) + 1 : replaced;
      row.push(Math.min(cost(i - 1, j) + 1, cost(i, j - 1) + 1, replaced, swapped));
    }
  }
  return cost(a.length, b.length);
}
