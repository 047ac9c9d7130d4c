/** The only list of reports that are written beside a record. */
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import type { RunRecord } from './record.ts';

export interface Report {
  readonly file: string;
  render(record: RunRecord, folder?: string): string;
}

export const reports: readonly Report[] = [
  { file: 'junit.xml', render: renderJunit },
  { file: 'report.md', render: renderMarkdown },
];
