/** The only list of reports that are written beside a record. */

import { renderJunit } from './ci/junit.ts';
import { renderPage } from './html/page.ts';
import { renderMarkdown } from './markdown.ts';
import type { RunRecord } from './record.ts';

export interface Report {
  readonly file: string;
  /** @param folder of the run, which may hold more than the record. */
  render(record: RunRecord, folder?: string): string;
}

export const reports: readonly Report[] = [
  { file: 'junit.xml', render: renderJunit },
  { file: 'report.md', render: renderMarkdown },
  { file: 'report.html', render: renderPage },
];
