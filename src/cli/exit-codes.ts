/** What a command ends with. The table for readers is in the README. */
import type { Verdict } from '../audit/audit.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import type { Cut } from '../run/run.ts';

/** For the help of commands that end with a verdict. */
export const verdictCodes = `

Exit codes:
  0 pass   1 fail   3 inconclusive   the others: mqchaos --help`;

export function exitCodeOfVerdict(value: Verdict['value']): ExitCode {
  return exitCodes[value];
}

/** Of a run that may have been cut short: by a signal, that says more than the verdict over what there was. */
export function exitCodeOfRun(cut: Cut | undefined, value: Verdict['value']): ExitCode {
  switch (cut) {
    case 'SIGHUP':
      return exitCodes.hungUp;
    case 'SIGINT':
      return exitCodes.interrupted;
    case 'SIGTERM':
      return exitCodes.terminated;
    default:
      return exitCodeOfVerdict(value);
  }
}
