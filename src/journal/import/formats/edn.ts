/**
 * EDN, strictly, as much of it as histories use (https://github.com/edn-format/edn). Libraries for it take what is cut
 * or damaged as if it were whole, which here would accuse somebody. Keywords and symbols become their names, lists, vectors
 * and sets arrays, maps `Map`s; of a tagged element its value is kept.
 */
export type Edn = string | number | boolean | null | readonly Edn[] | ReadonlyMap<Edn, Edn>;

/** One element, which must be all of the text. @throws Error. */
export function parseEdn(text: string): Edn {
  const scan = new Scan(text);
  const value = scan.element();
  scan.blank();
  if (!scan.done) throw new Error('something follows its end');
  return value;
}

const closers: Record<string, string> = { '(': ')', '[': ']', '{': '}' };
const escaped: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', b: '\b', f: '\f' };
const blanks = /(?:[\s,]+|;[^\n]*)*/y;
const atom = /[^\s,;"()[\]{}]+/y;
const number = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[NM]?$/;

class Scan {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  blank(): void {
    blanks.lastIndex = this.#at;
    blanks.test(this.#text);
    this.#at = Math.max(this.#at, blanks.lastIndex);
  }

  element(): Edn {
    this.blank();
    const char = this.#text[this.#at];
    if (char === undefined) throw new Error('it ends too early');
    if (char === '"') return this.#string();
    if (char === '#') return this.#dispatch();
    const close = closers[char];
    if (close === undefined) return plainOf(this.#atom());
    this.#at += 1;
    const items = this.#until(close);
    return char === '{' ? mapOf(items) : items;
  }

  #until(close: string): Edn[] {
    const items: Edn[] = [];
    for (;;) {
      this.blank();
      if (this.#text[this.#at] === close) {
        this.#at += 1;
        return items;
      }
      if (this.#text.startsWith('#_', this.#at)) {
        this.#at += 2;
        this.element();
      } else items.push(this.element());
    }
  }

  #dispatch(): Edn {
    this.#at += 1;
    const char = this.#text[this.#at];
    if (char === '{') {
      this.#at += 1;
      return this.#until('}');
    }
    if (char === '#') this.#at += 1;
    const tag = this.#atom();
    return char === '#' ? tag : this.element();
  }

  #string(): string {
    let value = '';
    for (this.#at += 1; ; this.#at += 1) {
      const char = this.#text[this.#at];
      if (char === undefined) throw new Error('a text in it does not end');
      if (char === '"') break;
      if (char !== '\\') {
        value += char;
        continue;
      }
      this.#at += 1;
      const mark = this.#text[this.#at] ?? '';
      const code = mark === 'u' ? /^[\da-fA-F]{4}/.exec(this.#text.slice(this.#at + 1, this.#at + 5))?.[0] : undefined;
      const plain = code === undefined ? escaped[mark] : String.fromCharCode(Number.parseInt(code, 16));
      if (plain === undefined) throw new Error(`no escape is \\${mark}`);
      value += plain;
      if (code !== undefined) this.#at += 4;
    }
    this.#at += 1;
    return value;
  }

  #atom(): string {
    atom.lastIndex = this.#at;
    const found = atom.exec(this.#text)?.[0];
    if (found === undefined) throw new Error(`nothing begins with ${this.#text[this.#at] ?? 'its end'}`);
    this.#at += found.length;
    return found;
  }
}

function plainOf(text: string): Edn {
  if (text === 'nil') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  if (number.test(text)) return Number(text.replace(/[NM]$/, ''));
  return text.startsWith(':') ? text.slice(1) : text;
}

function mapOf(items: readonly Edn[]): ReadonlyMap<Edn, Edn> {
  if (items.length % 2 !== 0) throw new Error('a map in it has a key without a value');
  const map = new Map<Edn, Edn>();
  for (let at = 0; at < items.length; at += 2) map.set(items[at] as Edn, items[at + 1] as Edn);
  return map;
}
