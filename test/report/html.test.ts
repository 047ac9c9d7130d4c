/** report.html as text: what is in it, what must not be, and how large it is at most. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FaultAudit, Finding, Timeline } from '../../src/audit/audit.ts';
import { findingClasses } from '../../src/audit/class.ts';
import { mostBins } from '../../src/audit/structures/time-bins.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { html, markupOf } from '../../src/report/html/markup.ts';
import { renderPage } from '../../src/report/html/page.ts';
import { mostOfClass, sampleFindings } from '../../src/report/html/samples.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { timelineText } from '../../src/report/timeline.ts';
import { timelineFile } from '../../src/report/timeline-file.ts';
import { audit, planOf, recordWith, reordered } from './small-record.ts';

const hostile = '</script><img src=x onerror=alert(1)>"\'\u001b[31m';

/** A timeline of so many bins, all of them with the largest numbers that a run may have. */
function timelineOf(bins: number): Timeline {
  const full = Array.from({ length: bins }, (_, at) => 10_000_000 + at);
  const latency = { p50Us: full, p99Us: full, maxUs: full };
  return {
    ...{ widthNs: 2 ** 24, bins },
    messages: { acked: full, unknown: full },
    attempts: { begun: full, degraded: full, rejected: full, unknown: full, sent: full, inFlight: full },
    deliveries: { received: full, extra: full },
    latency: { ack: latency, endToEnd: latency },
    nodes: [{ id: hostile, states: [{ state: 'ready', atNs: 1 }] }],
  };
}

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'mqchaos-html-'));

  write(name: string, text: string): this {
    writeFileSync(join(this.path, name), text);
    return this;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function scriptsOf(page: string): string[] {
  return [...page.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, text]) => text ?? '');
}

test.each([
  ['pass', '✓ PASS'],
  ['fail', '✗ FAIL'],
  ['inconclusive', '? INCONCLUSIVE'],
] as const)('the title of a run that is %s says so', (value, word) => {
  const page = renderPage(recordWith({ verdict: { value, reasons: ['because'] } }));
  expect(page).toContain(`<title>${word} · quick · mqchaos</title>`);
  expect(page).toContain('<li>because</li>');
});

test('whatever comes from a run is text', () => {
  using folder = new Folder();
  const lost: Finding = { ...reordered, class: 'lost', message: hostile, group: hostile };
  const record: RunRecord = {
    ...recordWith({
      verdict: { value: 'fail', reasons: [hostile] },
      findings: [{ class: 'lost', count: 1, allowed: false, undecided: hostile, examples: [lost] }],
      faults: audit.faults.map((fault) => ({ ...fault, do: hostile, targets: ['b1'], error: hostile })),
      drain: { steps: [{ step: 'settled', ok: false, atNs: 1, proof: hostile }], proven: [] },
      journals: [
        { file: hostile, role: 'producer', writer: hostile, state: 'torn', records: 1, whole: false, problem: hostile },
      ],
      workers: [{ name: hostile, role: 'producer', journal: hostile, startedNs: 1, exitedNs: 2, error: hostile }],
      reads: [{ partition: 0, from: 0, to: 1, complete: false, atNs: 1, reason: hostile }],
      answers: { unknown: { [hostile]: 3 } },
    }),
    profile: { ...planOf(), name: hostile, question: hostile },
    environment: { [hostile]: hostile },
    run: hostile,
  };
  folder.write(timelineFile, timelineText(timelineOf(3), hostile));
  const page = renderPage(record, folder.path);
  expect(page).not.toMatch(/<img/i);
  expect(page).not.toContain('\u001b[31m<');
  expect(page.match(/<script/g)).toHaveLength(3);
  expect(page.match(/<\/script>/g)).toHaveLength(3);
  const [data = ''] = scriptsOf(page);
  const { faults, lanes, pins } = JSON.parse(data);
  expect(faults[0].name).toBe(`${hostile} b1`);
  expect(lanes.map(({ id }: { id: string }) => id)).toEqual([hostile, hostile]);
  expect(pins).toEqual([{ class: 'lost', count: 1, allowed: false, instants: [expect.any(Number)] }]);
});

test('it may run its own scripts and its own style, and ask for nothing', () => {
  const page = renderPage(recordWith());
  const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const [, library = '', own = ''] = scriptsOf(page);
  const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  expect(policy?.replaceAll('&#39;', "'")).toBe(
    `default-src 'none'; script-src ${hashOf(library)} ${hashOf(own)}; style-src ${hashOf(style)}; ` +
      "base-uri 'none'; form-action 'none'",
  );
  const markup = page.replaceAll(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '');
  expect(markup).not.toMatch(/ (src|srcset|style|on\w+)=/);
  expect([...markup.matchAll(/href="([^"]*)"/g)].filter(([, to]) => !to?.startsWith('#'))).toEqual([]);
  expect(style).not.toMatch(/url\(|@import/);
  expect(library).toMatch(/MIT License[\s\S]*Permission is hereby granted[\s\S]*uPlot=/);
});

test('a run of any size is below a megabyte', () => {
  using folder = new Folder();
  const long = 'a'.repeat(200);
  const lines = findingClasses.flatMap((name) =>
    Array.from(
      { length: 5000 },
      (_, at): Finding => ({ ...reordered, class: name, message: `${long}#${at}`, group: long }),
    ),
  );
  folder.write('findings.ndjson', lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  folder.write(timelineFile, timelineText(timelineOf(mostBins), audit.run));
  const findings = findingClasses.map((name) => ({ class: name, count: 5000, allowed: true, examples: [] }));
  const faults = Array.from({ length: 5000 }, () => audit.faults[0] as FaultAudit);
  const page = renderPage(recordWith({ findings, faults }), folder.path);
  expect(page).toContain('class="number"');
  expect(page.length).toBeLessThan(1_000_000);
});

test.each([
  ['no file', undefined, 'this run has no timeline.json'],
  ['of another run', timelineText(timelineOf(3), 'other'), 'it is of run other'],
  ['of another version', '{"version":2}', 'it is no timeline of version 1'],
  ['no JSON', '{', 'timeline.json cannot be read'],
])('without a timeline it says why: %s', (_, text, why) => {
  using folder = new Folder();
  if (text !== undefined) folder.write(timelineFile, text);
  const page = renderPage(recordWith(), folder.path);
  expect(page).toContain(`<p class="missing">No chart: `);
  expect(page).toContain(why);
  expect(page).toContain('reordered');
  expect(page).not.toContain('id="charts"');
});

test('of a plan that this version does not know it has the command and why, and all else', () => {
  const plan = { ...planOf(), consumers: {} } as unknown as Plan;
  const page = renderPage({ ...recordWith(), profile: plan });
  expect(page).toContain('mqchaos run --plan plan.json');
  expect(page).toContain('This plan cannot be told by this mqchaos: the plan consumers');
  expect(page).not.toContain('id="contract"');
  expect(page).toContain('id="evidence"');
  expect(renderPage(recordWith())).toContain('id="contract"');
});

test('of few findings the page has all, of many some from everywhere, and always the worst', () => {
  using folder = new Folder();
  const of = (at: number): Finding => ({ class: 'lost', message: `p1#${at}`, settledAtNs: at, partition: 0 });
  const worst = of(777);
  const record = recordWith({ findings: [{ class: 'lost', count: 1, allowed: false, examples: [worst] }] });
  const file = join(folder.path, 'findings.ndjson');
  const take = (count: number): readonly Finding[] => {
    const lines = Array.from({ length: count }, (_, at) => JSON.stringify(of(at)));
    folder.write('findings.ndjson', `${[...lines, '{"class":"strange","message":"x"}', '{ no line'].join('\n')}\n`);
    const samples = sampleFindings(record, file);
    expect([...samples.keys()]).toEqual(['lost']);
    return samples.get('lost') ?? [];
  };
  expect(take(20)).toEqual([...Array.from({ length: 20 }, (_, at) => of(at)), worst]);
  const some = take(200_000);
  expect(some).toHaveLength(mostOfClass);
  expect(some).toContainEqual(worst);
  const instants = some.map(({ settledAtNs = 0 }) => settledAtNs);
  expect(instants).toEqual([...instants].sort((a, b) => a - b));
  expect(instants.filter((at) => at > 100_000).length).toBeGreaterThan(mostOfClass / 3);
});

test('a template escapes its values, and nothing twice', () => {
  const inner = html`<b title="${'"'}">${'<&>'}</b>`;
  expect(markupOf(html`${inner}${['a', undefined, 1]}${"'"}`)).toBe('<b title="&quot;">&lt;&amp;&gt;</b>a1&#39;');
});
