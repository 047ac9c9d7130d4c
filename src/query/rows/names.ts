/** Names by number, of which number 0 is none. */
export class NameList {
  readonly all: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(names: Iterable<string>) {
    this.all = [...new Set(['', ...names])];
    this.#numbers = new Map(this.all.map((name, number) => [name, number]));
  }

  /** 0 for what is none of them. */
  number(name: string): number {
    return this.#numbers.get(name) ?? 0;
  }
}

/** The names of codes that are numbered from 0 on, in the order of their numbers. */
export function namesOf(codes: Readonly<Record<string, number>>): string[] {
  return Object.keys(codes).sort((a, b) => (codes[a] ?? 0) - (codes[b] ?? 0));
}
