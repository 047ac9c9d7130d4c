/** What a matrix comes to as annotations of a CI job: the whole, and each measure that does not hold, once. */
import type { Annotation } from '../report/ci/annotations.ts';
import { verdictWords } from '../report/words/phrases.ts';
import { headline, rowWords } from './phrases.ts';
import { type MatrixRecord, verdictOfMatrix } from './record.ts';

export function annotationsOfMatrix(record: MatrixRecord): Annotation[] {
  const whole = verdictOfMatrix(record);
  if (whole === 'pass') return [];
  const wrong = record.rows.filter(({ verdict }) => verdict !== 'proven' && verdict !== 'not-run');
  return [
    { level: 'error', title: `matrix: ${verdictWords[whole]}`, message: headline(record) },
    ...wrong.map(({ measure, verdict, reasons }): Annotation => {
      return { level: 'error', title: `${measure}: ${rowWords[verdict]}`, message: reasons.slice(0, 3).join('\n') };
    }),
  ];
}
