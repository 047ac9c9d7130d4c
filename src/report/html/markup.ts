/** HTML as a tagged template in which every value is escaped: only markup made here is taken as markup. */
import { plain } from '../words/plain.ts';

export interface Markup {
  readonly markup: string;
}

export type Content = string | number | Markup | undefined | readonly Content[];

export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return { markup: parts.reduce((text, part, at) => text + markupOf(values[at - 1]) + part) };
}

export function markupOf(content: Content): string {
  if (content === undefined) return '';
  if (typeof content === 'number') return String(content);
  if (typeof content === 'string') return escapeText(content);
  return 'markup' in content ? content.markup : content.map(markupOf).join('');
}

/** For the text of an element and for an attribute in quotes. */
function escapeText(text: string): string {
  return plain(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A value for `JSON.parse` in an element `script`, which ends at the first `</script`. */
export function embedded(value: unknown): Markup {
  return { markup: JSON.stringify(value).replaceAll('<', '\\u003c') };
}

/** A text of others, such as an id, may be of any length. The whole of it is in the record or in findings.ndjson. */
export function short(text: string, most = 80): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** A section with a heading; nothing if it has no content. */
export function section(id: string, title: string, ...content: readonly Content[]): Markup | undefined {
  if (content.every((each) => markupOf(each) === '')) return undefined;
  return html`<section id="${id}"><h2>${title}</h2>${content}</section>
`;
}

export function list(items: readonly Content[], kind = 'plain'): Markup | undefined {
  if (items.length === 0) return undefined;
  return html`<ul class="${kind}">${items.map((item) => html`<li>${item}</li>`)}</ul>`;
}

/** A table that scrolls by itself where the screen is too narrow for it. Cells of `numbers` are set to the right. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly Content[])[],
  numbers: readonly number[] = [],
): Markup | undefined {
  if (rows.length === 0) return undefined;
  const kind = (at: number): string => (numbers.includes(at) ? 'number' : 'text');
  const head = heads.map((each, at) => html`<th class="${kind(at)}" scope="col">${each}</th>`);
  const body = rows.map(
    (row) => html`<tr>${row.map((cell, at) => html`<td class="${kind(at)}">${cell}</td>`)}</tr>
`,
  );
  return html`<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
