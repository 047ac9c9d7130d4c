/** What the records say that did not happen to a message: a witness was there, and tells nothing. */

import { counted } from '../counted.ts';
import { shortGroup } from '../report/words/phrases.ts';
import { instant } from './case.ts';
import { eventsOf } from './life.ts';
import type { RunRecords } from './records.ts';
import type { StoryEvent } from './story.ts';

export async function absencesOf(records: RunRecords, events: readonly StoryEvent[]): Promise<string[]> {
  return [
    ...unsent(records, events),
    ...unanswered(events),
    ...(await unreceived(records, events)),
    ...(await unstored(records, events)),
    ...(await undone(records, events)),
  ];
}

function unsent(records: RunRecords, events: readonly StoryEvent[]): string[] {
  if (eventsOf(events, 'sent').length > 0 || !records.has('producer')) return [];
  return ['no attempt to send it is recorded'];
}

function unanswered(events: readonly StoryEvent[]): string[] {
  const answered = new Set(eventsOf(events, 'answered').map(({ attempt }) => attempt));
  return eventsOf(events, 'sent').flatMap(({ attempt, by }) =>
    answered.has(attempt) ? [] : [`attempt ${attempt} has no outcome in the journal of ${by}`],
  );
}

async function unreceived(records: RunRecords, events: readonly StoryEvent[]): Promise<string[]> {
  const { header, runner } = records;
  const consumers = (await records.journals('consumer')).length;
  if (consumers === 0) return ['no journal of a consumer is there to say whether it was received'];
  return (header?.groups ?? []).flatMap((group, number) => {
    if (eventsOf(events, 'received').some((each) => each.group === group)) return [];
    const drained = runner.drain.findLast((each) => each.step === 'drained' && each.group === number);
    const proof =
      drained === undefined
        ? 'its drain is not recorded'
        : drained.ok
          ? `it was drained at ${instant(drained.atNs)}${drained.proof === undefined ? '' : `: ${drained.proof}`}`
          : `its drain failed${drained.proof === undefined ? '' : `: ${drained.proof}`}`;
    const name = shortGroup(group, header?.topic ?? '');
    return [`no receipt by group ${name} in the records of ${counted(consumers, 'consumer')}; ${proof}`];
  });
}

async function unstored(records: RunRecords, events: readonly StoryEvent[]): Promise<string[]> {
  if (!records.has('reader') || eventsOf(events, 'stored').length > 0) return [];
  const reads = await records.reads();
  const partitions = records.header?.partitions ?? 0;
  const complete = reads.filter(({ complete: whole }) => whole).length;
  return [
    complete >= partitions && partitions > 0
      ? `the independent reader read all ${partitions} partitions to their ends, and it is not there`
      : `the independent reader has not seen it; it read ${complete} of ${partitions} partitions to the end`,
  ];
}

/** Effects and dead letters, where the run had them. */
async function undone(records: RunRecords, events: readonly StoryEvent[]): Promise<string[]> {
  const effects = records.has('store') && eventsOf(events, 'held').length === 0;
  const dead = records.has('dead-letters') && eventsOf(events, 'dead').length === 0;
  return [
    ...(effects ? ['the store, as it was read at the end, holds no effect of it'] : []),
    ...(dead ? ['it is in no dead letter topic'] : []),
  ];
}
