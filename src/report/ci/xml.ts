/** XML as text. Every character that XML 1.0 cannot hold is replaced, so that what comes out is always well-formed. */
import { plain } from '../words/plain.ts';

export interface XmlElement {
  readonly name: string;
  /** In this order; undefined: left out. */
  readonly attributes?: Readonly<Record<string, string | number | undefined>>;
  /** Elements, or the text that the element holds. */
  readonly content?: readonly XmlElement[] | string;
}

/** A whole document, an element a line. */
export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xmlElement(root, '')}\n`;
}

function xmlElement({ name, attributes = {}, content = '' }: XmlElement, indent: string): string {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${attributeText(String(value))}"`],
  );
  const open = `${indent}<${name}${given.join('')}`;
  if (content.length === 0) return `${open}/>`;
  if (typeof content === 'string') return `${open}>${escaped(content)}</${name}>`;
  const inner = content.map((child) => xmlElement(child, `${indent}  `));
  return [`${open}>`, ...inner, `${indent}</${name}>`].join('\n');
}

/** A reader makes spaces of line ends and tabs in an attribute, unless they are references (XML 1.0, 3.3.3). */
function attributeText(text: string): string {
  return escaped(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}

function escaped(text: string): string {
  return held(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Neither a control character, nor half of a surrogate pair, nor one of the two that are no characters (XML 1.0, 2.2). */
function held(text: string): string {
  return plain(text).replaceAll(/[\p{Cs}\uFFFE\uFFFF]/gu, '\uFFFD');
}
