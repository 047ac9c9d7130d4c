/** Puts a result on stdout: as one JSON document, or for a person. */
import type { RunRecord } from '../report/record.ts';
import { renderTerminal } from '../report/terminal.ts';
import type { Terminal } from './terminal.ts';

export function present(
  record: RunRecord,
  folder: string | undefined,
  options: { terminal: Terminal; json: boolean },
): void {
  const { terminal, json } = options;
  terminal.result(json ? JSON.stringify(record, undefined, 2) : renderTerminal(record, folder, terminal.color));
}
