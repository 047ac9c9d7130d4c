/**
 * `junit.xml`: one test case for the verdict and one for each class that the run was held to. All text is in the bodies:
 * some readers drop `message` attributes and properties.
 */
import library, { type Builder } from 'junit-report-builder';
import { meanings } from '../audit/meaning.ts';
import { answerOf } from './answer.ts';
import { contractText, exampleText, outageTexts, shownFindings } from './phrases.ts';
import { plain } from './plain.ts';
import type { RunRecord } from './record.ts';

// The library is CommonJS whose export is the builder itself; its types promise a `default` that is not there.
const builder = library as unknown as Builder;

export function renderJunit(record: RunRecord): string {
  const junit = builder.newBuilder();
  const name = record.profile?.name ?? 'records';
  const suite = junit.testSuite().name(`mqchaos ${name}`);
  const verdict = suite.testCase().className(name).name('verdict');
  const { sentence, reasons: because } = answerOf(record);
  const reasons = because.join('\n');
  if (record.verdict.value === 'fail') verdict.failure(body(reasons));
  if (record.verdict.value === 'inconclusive') verdict.error(body(reasons));
  const question = record.profile === undefined ? [] : [record.profile.question];
  const outages = (record.storeOutages ?? []).map((outage) => outageTexts(outage, record).join(' · '));
  verdict.standardOutput(body([...question, sentence, ...because, ...outages].join('\n')));
  for (const summary of shownFindings(record)) {
    const { class: finding, count, allowed, limit, undecided, examples } = summary;
    const contract = contractText(summary);
    const bound = limit === undefined ? '' : ` (at most ${limit})`;
    const test = suite.testCase().className(name).name(`${finding}${bound}`);
    const text = [
      `${count}: ${meanings[finding]}`,
      ...(contract === undefined ? [] : [contract]),
      ...examples.map((example) => exampleText(example, record)),
    ].join('\n');
    if (!allowed) test.failure(body(text));
    else if (undecided !== undefined) test.skipped();
    test.standardOutput(body(undecided === undefined ? text : `${text}\nundecided: ${undecided}`));
  }
  return junit.build();
}

/** The library puts it into CDATA, and takes care of the first end of such a section alone. */
function body(text: string): string {
  return plain(text).replaceAll(']]>', ']] >');
}
