/** The journals of a run that somebody asks about. */
import { existsSync } from 'node:fs';
import { ToolError } from '../errors.ts';
import { journalsOf, type RunFolder } from '../run/folder/folder.ts';
import { shownPath } from './shown-path.ts';

/** @throws ToolError `foreign-records`, `not-a-run`, `no-journals` (exit 2). */
export function journalsIn(folder: RunFolder): string[] {
  const path = shownPath(folder.path);
  if (!existsSync(folder.journals)) {
    if (existsSync(folder.record)) {
      throw new ToolError(`${path} holds the audit of somebody else's records, of which no journals are kept`, {
        code: 'foreign-records',
        hint: `what was found of each message is in ${shownPath(folder.findings)}`,
      });
    }
    throw new ToolError(`${path} is not a run of mqchaos: it has no journal folder`, {
      code: 'not-a-run',
      hint: 'give a folder below .mqchaos/runs',
    });
  }
  const journals = journalsOf(folder);
  if (journals.length > 0) return journals;
  throw new ToolError(`${path} has no journals: the run ended before anything was recorded`, {
    code: 'no-journals',
    hint: 'mqchaos runs lists those that are here',
  });
}
