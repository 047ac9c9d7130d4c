/** The findings, class by class, and what is known of messages that each concerns. */
import type { Finding, FindingSummary } from '../../audit/audit.ts';
import { meanings } from '../../audit/meaning.ts';
import { counted } from '../../counted.ts';
import type { RunRecord } from '../record.ts';
import { storyCommand } from '../words/command.ts';
import {
  attributionText,
  extraDeliveries,
  foreignLines,
  seconds,
  shortGroup,
  shownFindings,
} from '../words/phrases.ts';
import { whys } from '../words/remarks.ts';
import { type Content, html, list, type Markup, section, short, table } from './markup.ts';
import { instantOf, type Samples } from './samples.ts';

export function findingsSection(record: RunRecord): Markup | undefined {
  const shown = shownFindings(record);
  const { taken, undecided } = foreignLines(record);
  const extra = extraDeliveries(record.counts);
  return section(
    'findings',
    'Findings',
    shown.length === 0 ? html`<p>No findings.</p>` : undefined,
    html`<ul class="findings">${wrongFirst(shown).map((finding) => findingItem(record, finding))}</ul>`,
    extra === undefined ? undefined : html`<p class="hint">Of all duplicates: ${extra}.</p>`,
    taken.length === 0 ? undefined : html`<h3>Taken on your word</h3>${list(taken)}`,
    undecided.length === 0 ? undefined : html`<h3>Not decided</h3>${list(undecided)}`,
  );
}

function wrongFirst(findings: readonly FindingSummary[]): FindingSummary[] {
  return [...findings].sort((a, b) => Number(a.allowed) - Number(b.allowed));
}

/** Whether it may be is said by a sign and a word, not by a colour alone. */
function findingItem(record: RunRecord, finding: FindingSummary): Markup {
  const { class: name, count, allowed, examples } = finding;
  const link = examples.length === 0 ? name : html`<a href="#class-${name}">${name}</a>`;
  return html`<li class="${allowed ? 'allowed' : 'forbidden'}">
<p><span class="sign" aria-hidden="true">${allowed ? '·' : '✗'}</span><b>${link}</b> <span class="count">${count}</span>
<span class="meaning">${allowed ? meanings[name] : `${meanings[name]}: not expected`}</span></p>
${list(whys(record, finding), 'whys')}</li>
`;
}

/** A table for each class with what the page has of it; the first is open if it may not be. */
export function messagesSection(record: RunRecord, samples: Samples): Markup | undefined {
  const shown = shownFindings(record).filter(({ class: name }) => (samples.get(name) ?? []).length > 0);
  const ordered = wrongFirst(shown);
  return section(
    'messages',
    'Affected messages',
    ordered.map((finding, at) => classTable(record, finding, samples.get(finding.class) ?? [], at === 0)),
  );
}

function classTable(
  record: RunRecord,
  { class: name, count, allowed }: FindingSummary,
  found: readonly Finding[],
  first: boolean,
): Markup {
  const columns = columnsOf(found, record);
  const rows = found.map((finding) => columns.map(({ cell }) => cell(finding)));
  const what = counted(count, name === 'unavailable' ? 'fault' : 'message');
  const some = found.length < count ? `${found.length} of them here, the rest in findings.ndjson` : 'all of them here';
  return html`<details id="class-${name}" class="class ${allowed ? 'allowed' : 'forbidden'}"${first && !allowed ? { markup: ' open' } : []}>
<summary><b>${name}</b> <span>${what}</span> <span class="hint">${some}</span></summary>
${table(
  columns.map(({ head }) => head),
  rows,
)}${story(record, found)}</details>
`;
}

/** How to get the story of the first: the page has samples, and the journals have all. */
function story({ profile }: RunRecord, found: readonly Finding[]): Markup | undefined {
  const message = found.find((each) => each.message !== undefined)?.message;
  if (profile === undefined || message === undefined) return undefined;
  return html`<p class="hint">The story of a message, in the folder of the run: <code>${storyCommand('.', message)}</code></p>
`;
}

interface Column {
  readonly head: string;
  readonly cell: (finding: Finding) => Content;
}

/** Only columns in which some of the findings have something. */
function columnsOf(found: readonly Finding[], record: RunRecord): Column[] {
  const time = (ns: number | undefined): string | undefined => (ns === undefined ? undefined : seconds(ns));
  const all: Column[] = [
    { head: 'message', cell: ({ message }) => message && short(message) },
    { head: 'group', cell: ({ group }) => group && short(shortGroup(group, record.topic)) },
    { head: 'partition', cell: ({ partition }) => partition },
    { head: 'position', cell: ({ position }) => position },
    { head: 'sent', cell: ({ sentAtNs }) => time(sentAtNs) },
    { head: 'last answer', cell: ({ settledAtNs }) => time(settledAtNs) },
    { head: 'received', cell: ({ receivedAtNs }) => time(receivedAtNs) },
    { head: 'attempts', cell: ({ attempts }) => attempts },
    { head: 'fault', cell: (finding) => (finding.fault === undefined ? undefined : attributionText(finding, record)) },
    { head: 'also', cell: alsoText },
  ];
  const used = all.filter(({ cell }) => found.some((finding) => cell(finding) !== undefined));
  const at: Column = { head: 'at', cell: (finding) => atCell(instantOf(finding, record)) };
  return [at, ...used];
}

/** The page's script finds the row of a pin by it. */
function atCell(ns: number): Markup {
  return html`<data value="${ns}">${seconds(ns)}</data>`;
}

function alsoText({ proved, how, times, by, gapMs, redelivered, recovered }: Finding): string | undefined {
  const parts = [
    ...(proved === undefined ? [] : [proved ? 'proved by the log' : 'not proved by the log']),
    ...(how === undefined ? [] : [how]),
    ...(redelivered === undefined ? [] : [redelivered ? 'flagged as redelivered' : 'not flagged as redelivered']),
    ...(times === undefined ? [] : [`applied ${times} times`]),
    ...(by === undefined ? [] : [`overwritten by ${short(by)}`]),
    ...(gapMs === undefined ? [] : [`${Math.round(gapMs)} ms without an ack`]),
    ...(recovered === false ? ['none came again'] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}
