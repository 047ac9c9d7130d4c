/** What is said of a class beside its number. */
import type { FindingSummary } from '../../audit/audit.ts';
import type { RunRecord } from '../record.ts';
import { allowance } from './allowance.ts';
import { contractText, exampleText, undecidedText } from './phrases.ts';

/** Why it is as expected, what the contract says, and why it is undecided: as far as there is anything to say. */
export function whys(record: RunRecord, finding: FindingSummary): string[] {
  const texts = [finding.allowed ? allowance(record, finding) : undefined, contractText(finding)];
  return [...texts.filter((text) => text !== undefined), ...undecidedText(finding)];
}

/** Why it is allowed, and the worst examples: more of them where it is not. */
export function remarks(record: RunRecord, finding: FindingSummary): string[] {
  const { allowed, examples } = finding;
  return [
    ...whys(record, finding),
    ...examples.slice(0, allowed ? 1 : 3).map((example) => exampleText(example, record)),
  ];
}
