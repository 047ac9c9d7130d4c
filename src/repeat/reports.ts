/** The only list of reports that are written beside a repetition's record. */
import { repeatJunit } from './junit.ts';
import { repeatMarkdown } from './markdown.ts';
import type { RepeatRecord } from './record.ts';

export const repeatReports: readonly { readonly file: string; render(record: RepeatRecord): string }[] = [
  { file: 'junit.xml', render: repeatJunit },
  { file: 'repeat.md', render: repeatMarkdown },
];
