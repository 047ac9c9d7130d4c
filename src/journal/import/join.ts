/** Joins what was sent with what was received and done, part by part, into journals. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ToolError } from '../../errors.ts';
import { SentIndex } from './index-of-sent.ts';
import { type Completeness, JournalSet } from './journal-set.ts';
import type { LogView } from './log/view.ts';
import { eventsIn, type TimedEvent } from './log/windows.ts';
import { Numbering, SequenceClash } from './numbering.ts';
import { partsOf } from './parting.ts';
import { Names } from './parts/names.ts';
import type { Shards } from './parts/shards.ts';
import type { ImportedRecords, ImportRequest } from './request.ts';
import type { Seen } from './seen.ts';
import type { Source } from './source.ts';

/** All that was read. */
export interface Records {
  readonly request: ImportRequest;
  readonly seen: Seen;
  readonly sent: Source<'sent'>;
  readonly received: Source<'received'>;
  readonly effects: Source<'effects'> | undefined;
  /** The log, as it was read after all of these. */
  readonly log: LogView | undefined;
  readonly shards: {
    readonly sent: Shards<ReturnType<Seen['sent']>>;
    readonly received: Shards<ReturnType<Seen['received']>>;
    readonly effects: Shards<ReturnType<Seen['effect']>>;
  };
}

interface Joined extends Pick<ImportedRecords, 'journals' | 'names' | 'timed' | 'contests' | 'undecided'>, Disposable {
  readonly strangers: SentIndex['strangers'];
}

/** Joins the records with their order if they say it; where what they say of it cannot be, without. */
export function joinOrdered(records: Records, folder: string): Joined {
  const { seen } = records;
  const disorder = seen.disorder();
  if (disorder !== undefined) return joinRecords(records, join(folder, 'joined'), disorder);
  seen.sequences.seal(seen.producers.names.length);
  try {
    return joinRecords(records, join(folder, 'ordered'));
  } catch (error) {
    if (!(error instanceof SequenceClash)) throw error;
    rmSync(join(folder, 'ordered'), { recursive: true });
    seen.places.forget();
    return joinRecords(records, join(folder, 'joined'), error.message);
  }
}

/** @param disorder why the order is not judged. @throws SequenceClash. */
function joinRecords(records: Records, folder: string, disorder?: string): Joined {
  const { seen, sent, received, log, shards } = records;
  mkdirSync(folder);
  const sizes = [sent, received, records.effects].map((source) => source?.sizeBytes ?? 0);
  const parts = partsOf(shards.sent.count, records.request.parts === undefined ? Math.max(...sizes) : undefined);
  if (log?.byId === true) findStrangers(records, log, parts);
  const names = new Names(folder, 'arrived');
  const numbering =
    disorder === undefined ? new Numbering(folder, parts.length, seen.producers.names, seen.sequences) : undefined;
  const dispose = (): void => {
    names[Symbol.dispose]();
    numbering?.[Symbol.dispose]();
  };
  try {
    using set = new JournalSet(
      folder,
      seen.header(sent.name, received.name),
      completenessOf(records),
      seen.routes,
      numbering,
      log === undefined ? undefined : { view: log, events: windowsOf(records) },
    );
    const index = new SentIndex(set, names, seen.places, {
      ...{ unanswered: isUnanswered(records), numbering },
      ...{ log, named: seen.named },
    });
    for (const [part, own] of parts.entries()) {
      index.begin(part);
      for (const shard of own) shards.sent.each(shard, (record) => index.sent(record));
      for (const shard of own) shards.received.each(shard, (record) => index.received(record));
      if (log !== undefined) for (const shard of own) log.identified.each(shard, (record) => index.stored(record));
      for (const shard of own) shards.effects.each(shard, (record) => index.effect(record));
      index.end();
    }
    set.close();
    return {
      journals: set.paths,
      timed: seen.timed,
      names: {
        message: (producer, seq) => numbering?.nameOf(producer, seq) ?? names.of(producer, seq),
        route: (partition) => seen.routes.nameOf(partition),
      },
      contests: seen.places.contests((topic, partition) => seen.routes.of(topic, partition)),
      strangers: index.strangers,
      undecided: { ...(disorder === undefined ? {} : { reordered: disorder }), ...index.undecided(seen.partOrder()) },
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Marks the records of the log whose id no line has. @throws ToolError `no-such-id` (exit 2) where that are all of them. */
function findStrangers(records: Records, log: LogView, parts: readonly (readonly number[])[]): void {
  let known = 0;
  for (const own of parts) {
    const ids = new Set<string>();
    for (const shard of own) {
      records.shards.sent.each(shard, ({ id }) => ids.add(id));
      records.shards.received.each(shard, ({ id }) => ids.add(id));
    }
    for (const shard of own) {
      log.identified.each(shard, (record) => {
        if (ids.has(record.id)) known += 1;
        else log.strange(record);
      });
    }
  }
  if (known === 0 && !log.empty && records.sent.records > 0) throw foreignIds(records);
}

/** With the wrong ids all would be missing from the log. */
function foreignIds({ request, log, seen }: Records): ToolError {
  const { name = '', identity = '' } = request.log ?? {};
  const own = seen.named?.samples[0]?.id;
  const such = own === undefined ? '' : `, such as ${JSON.stringify(own)}`;
  const there = log?.firstId === undefined ? 'none has one' : `the first is ${JSON.stringify(log.firstId)}`;
  const hint = log?.report.idHint?.written;
  return new ToolError(`${name}: ${identity} is in no record an id of the lines${such}; ${there}`, {
    code: 'no-such-id',
    hint:
      hint === undefined
        ? 'another --cluster-id; without it records are known by their places'
        : `--cluster-id ${hint}`,
  });
}

/** What was done to the log's owner. Where a sent record has no time, nobody knows what it met. */
export function windowsOf({ seen, log }: Records): TimedEvent[] {
  return eventsIn(log?.report.events ?? [], seen.sentTimed ? seen.baseNs : Number.POSITIVE_INFINITY);
}

function completenessOf(records: Records): Completeness {
  const { sent, received, effects } = records;
  const doubt = drainDoubt(records);
  const word = effects?.malformed === 0 ? 'was given as complete' : 'has lines that could not be read';
  return {
    sent: sent.malformed === 0 && sent.records > 0,
    received: doubt === undefined,
    drain: doubt ?? `${received.name} was given as complete`,
    ...(effects === undefined ? {} : { effects: { all: effects.malformed === 0, proof: `${effects.name} ${word}` } }),
  };
}

/** What stands for a proof of drain is the caller's word; why it is not enough, or undefined. */
export function drainDoubt({ request, received }: Records): string | undefined {
  return request.complete === false ? `${received.name} was given as partial` : ownDoubt(received);
}

/** Why the received files themselves show that they are not complete. */
function ownDoubt(received: Source<'received'>): string | undefined {
  if (received.malformed > 0) return `${received.name} has lines that could not be read`;
  if (received.records === 0) return `${received.name} is empty`;
  return received.own('incomplete');
}

/** Whether some sends have no line. */
function isUnanswered({ request, sent }: Records): boolean {
  return request.acksOnly === true || sent.own('unanswered') !== undefined;
}
