/** Puts a result on stdout: as one JSON document, or for a person. */
import { basename } from 'node:path';
import type { RunRecord } from '../report/record.ts';
import { reports } from '../report/registry.ts';
import { renderTerminal } from '../report/terminal.ts';
import type { RunFolder } from '../run/folder/folder.ts';
import { shownPath } from './shown-path.ts';
import { asCalled, type Terminal } from './terminal.ts';

export interface PresentOptions {
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly exitCode: number;
  /** Where it was written; absent: nowhere. */
  readonly folder?: RunFolder;
}

export function present(record: RunRecord, { terminal, json, exitCode, folder }: PresentOptions): void {
  if (json) return terminal.result(JSON.stringify(record, undefined, 2));
  const written = folder === undefined ? {} : { written: { folder: shownPath(folder.path), files: filesOf(folder) } };
  terminal.result(
    asCalled(renderTerminal(record, { paint: terminal.paint, columns: terminal.columns, exitCode, ...written })),
  );
}

function filesOf(folder: RunFolder): string[] {
  return [basename(folder.record), basename(folder.findings), ...reports.map(({ file }) => file)];
}
