import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { profileError } from './problem.ts';
import { syntaxMessage, syntaxProblems } from './syntax.ts';
import type { Entry, Place, Tree } from './tree.ts';

/** More nodes than any profile has; aliases can make a small file into a huge tree. */
const mostNodes = 20_000;

/**
 * YAML text as a tree. `file` is what errors call it. Throws a ToolError that lists every syntax error.
 */
export function parseProfile(source: string, file: string): Tree {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) throw profileError(syntaxProblems(source, document, placeAt));
  const tree = treeOf(document, placeAt);
  if (tree.type === 'scalar' && tree.value === null) {
    throw profileError([{ place: { file }, path: [], message: 'the file is empty' }]);
  }
  if (tree.type !== 'map') throw profileError([{ place: tree.place, path: [], message: 'expected a map of keys' }]);
  return tree;
}

/** One value, as after `--set key=`. Throws the parser's message for a syntax error. */
export function parseValue(source: string, place: Place): Tree {
  const document = parseDocument(source, { stringKeys: true, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    throw profileError([{ place, path: [], message: syntaxMessage(error.code, error.message) }]);
  }
  return treeOf(document, () => place);
}

function treeOf(document: Document.Parsed, placeAt: (offset: number) => Place): Tree {
  let left = mostNodes;
  const convert = (node: Node | null | undefined, fallback: Place, within: readonly Node[]): Tree => {
    const place = node?.range ? placeAt(node.range[0]) : fallback;
    left -= 1;
    if (left < 0) throw profileError([{ place, path: [], message: `more than ${mostNodes} values` }]);
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target === undefined || within.includes(target)) {
        throw profileError([{ place, path: [], message: `alias *${node.source} contains itself` }]);
      }
      return convert(target, place, within);
    }
    if (isMap<Node, Node | null>(node)) {
      const entries = node.items.map(({ key, value }): [string, Entry] => {
        const keyPlace = key.range ? placeAt(key.range[0]) : place;
        return [
          String(isScalar(key) ? key.value : key),
          { keyPlace, value: convert(value, keyPlace, [...within, node]) },
        ];
      });
      return { type: 'map', place, entries: new Map(entries) };
    }
    if (isSeq<Node | null>(node)) {
      return { type: 'list', place, items: node.items.map((item) => convert(item, place, [...within, node])) };
    }
    const value: unknown = isScalar(node) ? node.value : null;
    const kept = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
    return { type: 'scalar', place, value: kept, plain: isScalar(node) && node.type === 'PLAIN' };
  };
  return convert(document.contents, placeAt(0), []);
}
