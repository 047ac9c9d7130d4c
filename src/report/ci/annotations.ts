/**
 * What a run comes to as annotations of GitHub Actions: the verdict, and each class that is not as it should be, once.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
import { meanings } from '../../audit/meaning.ts';
import { counted } from '../../counted.ts';
import type { RunRecord } from '../record.ts';
import { answerOf } from '../words/answer.ts';
import { contractText, exampleText, verdictWords } from '../words/phrases.ts';
import { plain } from '../words/plain.ts';

export interface Annotation {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
}

/**
 * GitHub shows 10 errors and 10 warnings of a step, and says nothing of the others
 * (github.com/actions/toolkit, docs/problem-matchers.md). One of them is its own: "Process completed with exit code 1".
 */
const mostOfLevel = 9;
const mostReasons = 5;

export function annotationsOf(record: RunRecord): Annotation[] {
  const { verdict, findings } = record;
  const name = record.profile?.name ?? 'records';
  const { sentence, reasons } = answerOf(record);
  const whole: Annotation = {
    level: 'error',
    title: `${name}: ${verdictWords[verdict.value]}`,
    message: [sentence, ...firstOf(reasons)].join('\n'),
  };
  const classes = findings.flatMap((finding): Annotation[] => {
    const { class: what, count, allowed, contract, examples } = finding;
    const wanted = record.profile?.expect.harm?.includes(what) === true;
    const surprising = count > 0 && contract?.allowed === false && !wanted;
    if (allowed && !surprising) return [];
    const worst = examples.slice(0, 1).map((example) => exampleText(example, record));
    const why = [contractText(finding) ?? [], worst].flat();
    const noun = what === 'unavailable' ? 'fault' : 'message';
    return [
      {
        level: allowed ? 'warning' : 'error',
        title: `${name}: ${counted(count, noun)} ${what}`,
        message: [meanings[what], ...why].join('\n'),
      },
    ];
  });
  return [...(verdict.value === 'pass' ? [] : [whole]), ...classes];
}

/** A line that the runner of a job takes for an annotation, wherever it is printed. */
export function workflowCommand({ level, title, message }: Annotation): string {
  return `::${level} title=${property(title)}::${data(message)}`;
}

/**
 * A text in which the runner finds no command: it looks for `::` at the beginning of a line, spaces aside, and for `##[`
 * anywhere (github.com/actions/runner, ActionCommand.cs), whoever wrote what is printed.
 */
export function withoutCommands(text: string): string {
  return text.replaceAll(/^(\s*):(?=:)/gm, '$1\uFF1A').replaceAll('##[', '#\uFF03[');
}

/** So many as are shown; the last of a level says how many there would be beyond them. */
export function shownAnnotations(annotations: readonly Annotation[]): Annotation[] {
  return (['error', 'warning'] as const).flatMap((level) => {
    const all = annotations.filter((each) => each.level === level);
    if (all.length <= mostOfLevel) return all;
    const more = all.slice(mostOfLevel - 1);
    const rest = { level, title: `${more.length} more`, message: more.map(({ title }) => title).join('\n') };
    return [...all.slice(0, mostOfLevel - 1), rest];
  });
}

function firstOf(reasons: readonly string[]): string[] {
  const more = reasons.length - mostReasons;
  return [...reasons.slice(0, mostReasons), ...(more > 0 ? [`and ${counted(more, 'more reason')}`] : [])];
}

function data(text: string): string {
  return plain(text).replaceAll('%', '%25').replaceAll('\n', '%0A'); // no other end of a line is left
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
