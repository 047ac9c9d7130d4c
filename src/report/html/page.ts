/**
 * `report.html`: the whole answer to a run in one file that asks the network for nothing. All text is there without its
 * script, which draws the charts and leads from a pin to its messages.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../errors.ts';
import type { RunRecord } from '../record.ts';
import { readTimeline, type TimelineDocument } from '../timeline.ts';
import { timelineFile } from '../timeline-file.ts';
import { answerOf } from '../words/answer.ts';
import { seconds, verdictWords } from '../words/phrases.ts';
import { pageAssets } from './assets.ts';
import { pageData } from './data.ts';
import { findingsSection, messagesSection } from './findings.ts';
import { givenSections } from './given.ts';
import { embedded, html, list, type Markup, markupOf, section } from './markup.ts';
import { evidenceSection, faultsSection, numbersSection } from './proofs.ts';
import { sampleFindings } from './samples.ts';

/** @param folder of the run: its timeline and its findings are read there. */
export function renderPage(record: RunRecord, folder?: string): string {
  const timeline = timelineIn(folder, record);
  const samples = sampleFindings(record, folder === undefined ? undefined : join(folder, 'findings.ndjson'));
  const drawn = typeof timeline === 'string' ? undefined : timeline;
  const { style, scripts, policy } = pageAssets();
  const raw = (markup: string): Markup => ({ markup });
  return markupOf(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${titleOf(record)}</title>
<style>${raw(style)}</style>
</head>
<body>
<a class="skip" href="#findings">To the findings</a>
<main>
${headOf(record)}
${findingsSection(record)}
${timelineSection(record, typeof timeline === 'string' ? timeline : undefined)}
${messagesSection(record, samples)}
${faultsSection(record)}
${numbersSection(record)}
${givenSections(record)}
${evidenceSection(record)}
</main>
<script type="application/json" id="data">${embedded(pageData(record, drawn, samples))}</script>
${scripts.map(
  (script) => html`<script>${raw(script)}</script>
`,
)}</body>
</html>
`);
}

function titleOf({ verdict, profile, run }: RunRecord): string {
  return `${verdictWords[verdict.value]} · ${profile?.name ?? run} · mqchaos`;
}

/** The verdict and what it rests on, in the words of the terminal's report. */
function headOf(record: RunRecord): Markup {
  const { verdict, profile, startedAt, run } = record;
  const { sentence, reasons } = answerOf(record);
  const facts = [
    ...(profile === undefined ? ['somebody else’s records'] : [profile.name, `seed ${profile.seed}`]),
    ...(startedAt === undefined ? [] : [startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')]),
    `run ${run}`,
  ];
  return html`<header class="verdict ${verdict.value}">
<div class="bar"><p class="word">${verdictWords[verdict.value]}</p><button type="button" id="theme" hidden>theme: auto</button></div>
<p class="facts">${facts.map((fact) => html`<span>${fact}</span>`)}</p>
${profile === undefined ? undefined : html`<p class="question">${profile.question}</p>`}
<h1>${sentence}</h1>
${list(reasons, 'reasons')}
</header>`;
}

/** @param missing why there is no timeline. */
function timelineSection(record: RunRecord, missing: string | undefined): Markup | undefined {
  if (missing !== undefined) return section('timeline', 'Timeline', html`<p class="missing">${missing}</p>`);
  const phases = record.phases.map(({ phase, atNs }) => `${phase} from ${seconds(atNs)}`).join(', ');
  return section(
    'timeline',
    'Timeline',
    html`<p class="hint">Seconds since the run’s base. Choose a fault, or drag, to look closer; a pin leads to its messages. Keys: ← and → read, + and − zoom, 0 shows all.</p>
<noscript><p class="missing">The charts are drawn by the page’s script. Everything else is here without it.</p></noscript>
<div id="charts" tabindex="0" role="group" aria-label="Charts over time. Phases: ${phases}"></div>
<p id="reading" role="status" aria-live="polite"></p>`,
  );
}

/** The timeline of a run's folder, or why there is none. */
function timelineIn(folder: string | undefined, { run, assumptions }: RunRecord): TimelineDocument | string {
  const file = folder === undefined ? undefined : join(folder, timelineFile);
  if (file === undefined || !existsSync(file)) {
    if (assumptions !== undefined) return 'No chart: not every one of these records has a time.';
    return `No chart: this run has no ${timelineFile}, as those of before have none. mqchaos audit makes it from the journals.`;
  }
  try {
    return readTimeline(readFileSync(file, 'utf8'), run);
  } catch (error) {
    return `No chart: ${timelineFile} cannot be read: ${messageOf(error)}.`;
  }
}
