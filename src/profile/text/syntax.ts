/**
 * Syntax errors of YAML, told where the mistake is and with what to do. The parser tells where it could not go on, which
 * is often far behind: at the end of the file for a quote that was not closed.
 */
import { type Document, Lexer } from 'yaml';
import type { Problem } from './problem.ts';
import type { Place } from './tree.ts';

/** What is wrong in a document that has errors. */
export function syntaxProblems(
  source: string,
  document: Document.Parsed,
  placeAt: (offset: number) => Place,
): Problem[] {
  const slips = slipsOf(source);
  // what the parser says behind a slip mostly follows from it
  const until = Math.min(...slips.map(({ offset }) => offset));
  const seen = new Set<number>();
  const others = document.errors.flatMap(({ pos, code, message }): Problem[] => {
    const place = placeAt(pos[0]);
    // the first of each line, for the same reason
    if (pos[0] >= until || !('line' in place) || seen.has(place.line)) return [];
    seen.add(place.line);
    return [{ place, path: [], message: syntaxMessage(code, message) }];
  });
  return [...others, ...slips.map(({ offset, message }) => ({ place: placeAt(offset), path: [], message }))];
}

export function syntaxMessage(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'duplicate key: a key may be given once';
  if (code === 'MULTIPLE_DOCS') return 'more than one document in the file';
  const hint = hints.find(([pattern]) => pattern.test(message))?.[1];
  return `not YAML: ${message.split('\n')[0] ?? ''}${hint === undefined ? '' : ` (${hint})`}`;
}

/** Where this format invites a slip. */
const hints: readonly (readonly [RegExp, string])[] = [
  [/block scalar/i, 'a text that begins with > needs quotes'],
  [/nested mappings/i, 'a text with a colon and a space in it needs quotes: "…"'],
  [/implicit keys need to be on a single line/i, 'a key is written with a colon and a space behind it'],
  [/same column/i, 'the keys of one map begin in the same column'],
  [/tabs/i, 'indent with spaces'],
  [/cannot start with/i, 'a text that begins so needs quotes'],
  [/unexpected scalar at node end/i, "inside of ' a quote is written twice: ''"],
];

interface Slip {
  readonly offset: number;
  readonly message: string;
}

/** What was opened and not closed, and variables where YAML takes them for maps: found in the tokens, before any grammar. */
function slipsOf(source: string): Slip[] {
  const slips: Slip[] = [];
  const open: { readonly offset: number; readonly token: string }[] = [];
  let offset = 0;
  let before = '';
  for (const token of new Lexer().lex(source)) {
    if (marks.includes(token)) {
      // the lexer has seen a line that cannot belong to what is open
      if (token === flowBroken) slips.push(...open.splice(0).map(unclosed));
      continue;
    }
    if (/^["']/.test(token) && !isClosed(token, source.charAt(offset + token.length))) {
      slips.push(unclosed({ offset, token: token.charAt(0) }));
    }
    if (token === '{' && before.endsWith('$') && open.length > 0) {
      const name = /^\{[^}\n]*\}?/.exec(source.slice(offset))?.[0] ?? token;
      slips.push({ offset: offset - 1, message: `inside of [ ] and { } a variable needs quotes: "$${name}"` });
    }
    if (token === '[' || token === '{') open.push({ offset, token });
    if (token === ']' || token === '}') {
      const at = open.findLastIndex((opened) => opened.token === (token === ']' ? '[' : '{'));
      if (at >= 0) slips.push(...open.splice(at).slice(1).map(unclosed));
    }
    offset += token.length;
    before = token;
  }
  return [...slips, ...open.map(unclosed)];
}

/** Of a text in quotes. One that ends on a later line, amid other text, took the quote that opens the next one for its end. */
function isClosed(token: string, next: string): boolean {
  const whole = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')$/s.test(token);
  return whole && (!token.includes('\n') || next === '' || /[\s,:\]}]/.test(next));
}

function unclosed({ offset, token }: { offset: number; token: string }): Slip {
  const what =
    token === '[' || token === '{'
      ? `the ${token} that opens here is not closed`
      : `the quote that opens here is not closed on its line`;
  return { offset, message: `not YAML: ${what}` };
}

/** Tokens of the lexer that stand for nothing in the source (https://eemeli.org/yaml/#lexer). */
const flowBroken = '\u0018';
const marks = ['\u0002', flowBroken, '\u001f'];
