/** What is told of a run, in words. */
import type { FaultDetail, Phase } from '../../journal/event.ts';
import type { Terminal } from '../terminal.ts';

/** A phase of the run, or the audit that follows it. */
export type Stretch = Phase | 'audit';

export const phaseWords: Record<Stretch, string> = {
  start: 'starting',
  send: 'sending',
  settle: 'settling what is in flight',
  heal: 'healing and asking every node',
  drain: 'draining with fresh consumers',
  read: 'reading the log independently',
  stop: 'stopping',
  audit: 'auditing',
};

/** What is waited for in each. */
export const phaseWaits: Record<Stretch, string> = {
  start: 'for the brokers and the workers',
  send: 'for the producers',
  settle: 'for an answer, or the deadline, of every message in flight',
  heal: 'for every node to answer',
  drain: 'for each group to have received everything',
  read: 'for the reader to reach the end of every partition',
  stop: 'for every process to end',
  audit: 'for the audit of all records',
};

/** A fault that could not be injected or healed. */
export function failureText({ id, do: deed, targets, error }: FaultDetail): string {
  return `${id} ${deed} ${targets.join(', ')} failed: ${error ?? 'no reason given'}`;
}

/** Something that was not planned. */
export function incidentText(text: string): string {
  return `${mark} ${text}`;
}

/** The mark of an incident is red; it is painted last, when the line has its length. */
export function withRedMark(line: string, { color }: Pick<Terminal, 'color'>): string {
  return line.replace(mark, color.red(mark));
}

const mark = '✗';
