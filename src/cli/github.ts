/** GitHub Actions: annotations and the summary of the job, where a job of it is what called us. */
import { appendFileSync, statSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { type Annotation, shownAnnotations, withoutCommands, workflowCommand } from '../report/ci/annotations.ts';
import type { Terminal } from './terminal.ts';

/** A terminal that may be the log of a job. */
export interface JobTerminal extends Terminal {
  /** A line for the runner of the job, on stderr. */
  command(line: string): void;
}

/** What is printed is a command for nobody, unless it is ours: messages and errors are texts of others. */
export function forJob(terminal: Terminal): JobTerminal {
  const guarded: Partial<JobTerminal> = { command: (line) => terminal.say(line) };
  if (process.env.GITHUB_ACTIONS === 'true') {
    guarded.result = (text) => terminal.result(withoutCommands(text));
    guarded.say = (text) => terminal.say(withoutCommands(text));
    guarded.fail = (message, hint) => terminal.fail(withoutCommands(message), hint);
  }
  return Object.assign(Object.create(terminal) as Terminal, guarded) as JobTerminal;
}

/** Of all that one step writes: a summary that is larger is thrown away. */
const mostBytes = 1024 * 1024;
const cutNote = '\n\n… and more: the whole of it is in the run folder.\n';

/**
 * Does nothing elsewhere. A summary that cannot be written is told as a warning, and changes no exit code.
 * @param summary Markdown.
 */
export function tellGitHub(terminal: JobTerminal, annotations: readonly Annotation[], summary: string): void {
  if (process.env.GITHUB_ACTIONS !== 'true') return;
  annotate(terminal, annotations);
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return;
  try {
    const before = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const text = within(summary, mostBytes - before);
    if (text === undefined) throw new Error('the 1 MiB that a step may have is used up');
    appendFileSync(file, text);
  } catch (error) {
    const message = `the job summary is not written: ${messageOf(error)}`;
    annotate(terminal, [{ level: 'warning', title: 'mqchaos', message }]);
  }
}

/** On stderr, so that stdout stays one document; a runner reads both. */
export function annotate(terminal: JobTerminal, annotations: readonly Annotation[]): void {
  if (process.env.GITHUB_ACTIONS !== 'true') return;
  for (const each of shownAnnotations(annotations)) terminal.command(workflowCommand(each));
}

/** Whole lines of the text that fit into so many bytes of UTF-8; undefined: not one. */
function within(text: string, bytes: number): string | undefined {
  const whole = Buffer.from(`${text}\n`);
  if (whole.length <= bytes) return whole.toString();
  const room = Math.max(0, bytes - Buffer.byteLength(cutNote));
  const end = whole.lastIndexOf('\n', room);
  return end <= 0 ? undefined : whole.subarray(0, end).toString() + cutNote;
}
