/** Everything that the workers' journals say of one message. */
import { deliveryFlags, type Event, none16, type Position } from '../journal/event.ts';
import type { FoundRecord } from '../journal/lookup/lookup.ts';
import type { OpenJournal, RunRecords } from './records.ts';
import type { Source, StoryEvent } from './story.ts';

export type EventOf<W extends StoryEvent['what']> = Extract<StoryEvent, { readonly what: W }>;

export function eventsOf<W extends StoryEvent['what']>(events: readonly StoryEvent[], what: W): EventOf<W>[] {
  return events.filter((event): event is EventOf<W> => event.what === what);
}

export async function lifeOf(records: RunRecords, producer: number, seq: number): Promise<StoryEvent[]> {
  const events: StoryEvent[] = [];
  const take = async (role: Parameters<RunRecords['journals']>[0], of?: number): Promise<void> => {
    for (const journal of await records.journals(role, of)) {
      const found = journal.lookup.ofMessage(producer, seq);
      events.push(...found.flatMap((each) => storyEvent(records, journal, each) ?? []));
      if (role === 'consumer') events.push(...commitsAfter(records, journal, found));
    }
  };
  await take('producer', producer);
  await take('consumer');
  await take('reader');
  await take('store');
  await take('dead-letters');
  return events;
}

/** Whoever committed a position of the partition behind this one, each session's first such commit. */
export async function commitsBehind(records: RunRecords, place: Required<Pick<Position, 'partition' | 'position'>>) {
  const commits: EventOf<'commit'>[] = [];
  for (const journal of await records.journals('consumer')) {
    const found = journal.lookup.acksFrom(place.partition, place.position + 1);
    const first = found.find(({ event }) => event.kind === 'ack' && event.step === 'confirmed') ?? found[0];
    if (first !== undefined) commits.push(...[storyEvent(records, journal, first)].filter(isCommit));
  }
  return commits.sort((a, b) => a.atNs - b.atNs);
}

/** The first commit behind each receipt by the session that received it, and what came of it. */
function commitsAfter(records: RunRecords, journal: OpenJournal, found: readonly FoundRecord[]): StoryEvent[] {
  const commits = new Map<number, StoryEvent>();
  for (const { record, event } of found) {
    if (event.kind !== 'received' || event.position === undefined) continue;
    const { session, group, position, partition } = event;
    const after = journal.lookup
      .acksFrom(partition, position + 1)
      .filter((each) => each.record > record && isAck(each.event, session, group));
    const sent = after[0];
    if (sent === undefined || sent.event.kind !== 'ack') continue;
    const { position: to } = sent.event;
    // what is said of the same commit, up to the next that was begun
    const next = after.findIndex(({ event: each }, at) => at > 0 && each.kind === 'ack' && each.step === 'sent');
    const same = after.slice(0, next < 0 ? after.length : next);
    for (const each of same.filter(({ event: said }) => said.kind === 'ack' && said.position === to)) {
      const told = storyEvent(records, journal, each);
      if (told !== undefined) commits.set(each.record, told);
    }
  }
  return [...commits.values()];
}

function isAck(event: Event, session: number, group: number): boolean {
  return event.kind === 'ack' && event.session === session && event.group === group;
}

function isCommit(event: StoryEvent | undefined): event is EventOf<'commit'> {
  return event?.what === 'commit';
}

function storyEvent(records: RunRecords, journal: OpenJournal, { record, event }: FoundRecord): StoryEvent | undefined {
  const from: Source = { journal: journal.file, record };
  const common = { atNs: event.atNs, by: journal.writer, from };
  const grouped = (group: number, attempt: number) => ({ ...common, group: records.groupOf(group), try: attempt });
  switch (event.kind) {
    case 'intended': {
      const { attempt, partition, sizeBytes } = event;
      return { ...common, what: 'sent', attempt, sizeBytes, ...(partition === none16 ? {} : { partition }) };
    }
    case 'outcome': {
      const { attempt, outcome, error, latencyUs } = event;
      const reason = error === undefined ? undefined : journal.lookup.index.errors[error];
      const named = reason === undefined ? {} : { reason };
      return { ...common, what: 'answered', attempt, outcome, latencyUs, ...named, ...placeOf(event) };
    }
    case 'disowned':
      return { ...common, what: 'disowned' };
    case 'received': {
      const { session, sendAttempt, flags } = event;
      const delivered = { session, sendAttempt, flags: flagNames(flags), ...placeOf(event) };
      return { ...grouped(event.group, event.attempt), what: 'received', ...delivered };
    }
    case 'stored':
      return {
        ...common,
        what: 'stored',
        sendAttempt: event.sendAttempt,
        flags: flagNames(event.flags),
        ...placeOf(event),
      };
    case 'processingFailed':
      return { ...grouped(event.group, event.attempt), what: 'failed', cause: event.cause ?? 'processing' };
    case 'redeliveryScheduled':
      return { ...grouped(event.group, event.attempt), what: 'scheduled', delayMs: event.delayMs };
    case 'deadLettered':
      return { ...grouped(event.group, event.attempt), what: 'dead-lettered' };
    case 'effect':
      return { ...grouped(event.group, event.attempt), what: 'effect', effect: event.effect };
    case 'dead':
      return { ...grouped(event.group, event.attempt), what: 'dead' };
    case 'held': {
      const { holding, count, group } = event;
      return { ...common, what: 'held', group: records.groupOf(group), holding, count };
    }
    case 'ack': {
      const { step, session, group } = event;
      return { ...common, what: 'commit', step, session, group: records.groupOf(group), ...placeOf(event) };
    }
    default:
      return undefined;
  }
}

function placeOf({ partition = none16, position, epoch }: Partial<Position>) {
  return {
    ...(partition === none16 ? {} : { partition }),
    ...(position === undefined ? {} : { position }),
    ...(epoch === undefined ? {} : { epoch }),
  };
}

function flagNames(flags: number): string[] {
  return Object.entries(deliveryFlags).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]));
}
