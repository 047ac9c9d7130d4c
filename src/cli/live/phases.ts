/** The stretches of a run in words. */
import type { Phase } from '../../journal/event.ts';

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
