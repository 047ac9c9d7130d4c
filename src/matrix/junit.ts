/** `junit.xml` of a matrix: a case for each measure that was asked for, so that its list is the same whatever comes out. */
import { type Case, junitDocument } from '../report/ci/junit-document.ts';
import { harmedText, harmText, rowWords } from './phrases.ts';
import type { MatrixHalf, MatrixRecord, MatrixRow } from './record.ts';
import type { RowVerdict } from './row-verdict.ts';

const results = {
  ...{ proven: 'passed', 'not-held': 'failure', 'too-weak': 'failure' },
  ...{ inconclusive: 'error', 'not-run': 'skipped' },
} as const satisfies Record<RowVerdict, Case['result']>;

export function renderMatrixJunit({ rows, tookMs }: MatrixRecord): string {
  return junitDocument({ name: 'matrix', seconds: tookMs / 1000, cases: rows.map(caseOf) });
}

function caseOf({ measure, title, fault, harm, verdict, reasons, halves }: MatrixRow): Case {
  const tookMs = halves.flatMap(({ runs }) => runs).reduce((sum, run) => sum + run.tookMs, 0);
  const about = [
    `${title}; ${fault}; harm: ${harm.join(', ')}`,
    ...halves.filter(({ done }) => done > 0).map(halfText),
  ];
  return {
    name: measure,
    result: results[verdict],
    type: verdict,
    says: [...(verdict === 'proven' ? [rowWords.proven] : reasons), ...about],
    seconds: tookMs / 1000,
  };
}

function halfText(half: MatrixHalf): string {
  return `${half.half}: harm ${harmText(half)}, harmed ${harmedText(half)}`;
}
