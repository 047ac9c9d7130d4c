/** Joins what was sent with what was received and done, part by part, into journals. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SentIndex } from './index-of-sent.ts';
import { type Completeness, JournalSet } from './journal-set.ts';
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
  readonly shards: {
    readonly sent: Shards<ReturnType<Seen['sent']>>;
    readonly received: Shards<ReturnType<Seen['received']>>;
    readonly effects: Shards<ReturnType<Seen['effect']>>;
  };
}

type Joined = Pick<ImportedRecords, 'journals' | 'names' | 'timed' | 'contests' | 'undecided'> & Disposable;

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
  const { seen, sent, received, shards } = records;
  mkdirSync(folder);
  const sizes = [sent, received, records.effects].map((source) => source?.sizeBytes ?? 0);
  const parts = partsOf(shards.sent.count, records.request.parts === undefined ? Math.max(...sizes) : undefined);
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
    );
    const index = new SentIndex(set, names, seen.places, { unanswered: isUnanswered(records), numbering });
    for (const [part, own] of parts.entries()) {
      index.begin(part);
      for (const shard of own) shards.sent.each(shard, (record) => index.sent(record));
      for (const shard of own) shards.received.each(shard, (record) => index.received(record));
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
      undecided: { ...(disorder === undefined ? {} : { reordered: disorder }), ...index.undecided(seen.partOrder()) },
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
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
