/**
 * Somebody else's records as journals, so that the same audit judges them: what was sent becomes producers' journals
 * (one for each part of the ids, or for each producer where the records say which), what was received a consumer's, what was
 * done with it a store's. Nothing of a run is made up: there is no reader, no fault, and the only drain is the caller's word
 * that the received files are the complete record of the consumers.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ToolError } from '../errors.ts';
import { type ForeignFiles, filesOf } from './import/choice.ts';
import { SentIndex } from './import/index-of-sent.ts';
import { type Completeness, JournalSet } from './import/journal-set.ts';
import { standardInput } from './import/lines.ts';
import { Names } from './import/names.ts';
import { Numbering, SequenceClash } from './import/numbering.ts';
import { effectPacking, receivedPacking, sentPacking } from './import/parted.ts';
import type { Contest } from './import/places.ts';
import type { Side } from './import/record.ts';
import type { Route } from './import/routes.ts';
import { Seen } from './import/seen.ts';
import { Shards } from './import/shards.ts';
import { Source, sizeOf } from './import/source.ts';

export type { ForeignFiles } from './import/choice.ts';

export interface ImportRequest {
  /** One attempt at sending a message a line. */
  readonly sent: ForeignFiles | string;
  /** One delivery a line. */
  readonly received: ForeignFiles | string;
  /** What processing did to the outside, one message a line. */
  readonly effects?: ForeignFiles | string | undefined;
  /** A folder for temporary files; this makes its own below it and removes it again. */
  readonly folder: string;
  /** The received files hold everything that the consumers received. False: what is not in them is unseen, not lost. */
  readonly complete?: boolean;
  /**
   * The sent files hold acknowledgements alone, as most logs do: a message that was received and is not in them was sent,
   * and stored, and nobody was told.
   */
  readonly acksOnly?: boolean;
  /** Into how many parts the ids go; by default as the files' size asks. */
  readonly parts?: number;
}

/** Dispose it when the audit is done: its files go. */
export interface ImportedRecords extends Disposable {
  readonly journals: readonly string[];
  readonly names: {
    readonly message: (producer: number, seq: number) => string;
    /** What a partition of the journals is called, where records name topics. */
    readonly route: (partition: number) => Route | undefined;
  };
  /** Places at which several messages were acknowledged. */
  readonly contests: readonly Contest[];
  /** What the records are taken to be, as sentences: no record shows it. */
  readonly assumptions: readonly string[];
  /** Sentences: why these records alone cannot be passed. */
  readonly incidents: readonly string[];
  /** Classes that the fields cannot decide, with the reason. */
  readonly undecided: Partial<Record<'reordered' | 'corrupt' | 'misrouted' | 'unavailable', string>>;
}

/** Of a part as many bytes are held as such a share of the files takes in memory: some 30 MB. */
const bytesPerPart = 6e6;
const mostParts = 512;

/** @throws ToolError (exit 2) for files that cannot be read, or are not what they were given as. */
export async function importRecords(request: ImportRequest): Promise<ImportedRecords> {
  refuseTwoInputs(request);
  const shards = request.parts ?? shardsFor(request);
  const folder = mkdtempSync(join(request.folder, 'import-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const records = await readRecords(request, folder, shards);
    const joined = joinOrdered(records, folder);
    return {
      ...joined,
      assumptions: assumptionsOf(request, records),
      incidents: [records.sent, records.received, records.effects].flatMap((source) => source?.incidents() ?? []),
      [Symbol.dispose]: () => {
        joined[Symbol.dispose]();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

interface Records {
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

/** Reads every file once, and parts its records. */
async function readRecords(request: ImportRequest, folder: string, count: number): Promise<Records> {
  const sent = await Source.open('sent', request.sent);
  const received = await Source.open('received', request.received);
  const effects = request.effects === undefined ? undefined : await Source.open('effects', request.effects);
  const seen = new Seen(received.name);
  const shards = {
    sent: new Shards(folder, 'sent', count, sentPacking),
    received: new Shards(folder, 'received', count, receivedPacking),
    effects: new Shards(folder, 'effects', count, effectPacking),
  };
  await sent.read((record) => shards.sent.add(seen.sent(record)));
  shards.sent.seal();
  await received.read((record, file) => shards.received.add(seen.received(record, file)));
  shards.received.seal();
  await effects?.read((record) => shards.effects.add(seen.effect(record)));
  shards.effects.seal();
  return { request, seen, sent, received, effects, shards };
}

type Joined = Pick<ImportedRecords, 'journals' | 'names' | 'contests' | 'undecided'> & Disposable;

/** Joins the records with their order if they say it; where what they say of it cannot be, without. */
function joinOrdered(records: Records, folder: string): Joined {
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
  const parts = partsOf(records);
  const names = new Names(folder, 'arrived');
  const numbering =
    disorder === undefined ? new Numbering(folder, parts.length, seen.producers.names, seen.sequences) : undefined;
  const dispose = (): void => {
    names[Symbol.dispose]();
    numbering?.[Symbol.dispose]();
  };
  try {
    const set = new JournalSet(
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

function completenessOf({ request, sent, received, effects }: Records): Completeness {
  const doubt = drainDoubt(request, received);
  const word = effects?.malformed === 0 ? 'was given as complete' : 'has lines that could not be read';
  return {
    sent: sent.malformed === 0,
    received: doubt === undefined,
    drain: doubt ?? `${received.name} was given as complete`,
    ...(effects === undefined ? {} : { effects: { all: effects.malformed === 0, proof: `${effects.name} ${word}` } }),
  };
}

/** What stands for a proof of drain is the caller's word; why it is not enough, or undefined. */
function drainDoubt(request: ImportRequest, received: Source<'received'>): string | undefined {
  if (request.complete === false) return `${received.name} was given as partial`;
  if (received.malformed > 0) return `${received.name} has lines that could not be read`;
  if (received.records === 0) return `${received.name} is empty`;
  return received.own('incomplete');
}

/** Whether some sends have no line. */
function isUnanswered({ request, sent }: Records): boolean {
  return request.acksOnly === true || sent.own('unanswered') !== undefined;
}

function assumptionsOf({ acksOnly, complete }: ImportRequest, records: Records): string[] {
  const { sent, received, effects } = records;
  const unanswered = sent.own('unanswered');
  return [
    acksOnly === true
      ? `${sent.name} holds acknowledgements alone: what was received and is not in it was sent, and its answer lost`
      : unanswered !== undefined
        ? `${unanswered}: what was received and is not in it was sent, and its answer lost`
        : `${sent.name} holds every send, also those without an answer (else say --acks-only): what is not in it is phantom`,
    complete === false || drainDoubt({ ...records.request, complete: true }, received) !== undefined
      ? `${received.name} holds a part of what was received`
      : `${received.name} holds all that its groups received (else say --partial): what is not in it is lost or skipped`,
    ...(effects === undefined
      ? []
      : [`${effects.name} holds every effect: what was received and is not in it was not processed`]),
    ...[sent, received, effects].flatMap((source) => (source === undefined ? [] : assumedOf(source))),
    ...orderWord(records),
  ];
}

/** What a format is taken to say, and which lines were left out. */
function assumedOf<S extends Side>({ chosen, name, others }: Source<S>): string[] {
  const left = others === 1 ? '1 line' : `${others} lines`;
  return [
    ...(chosen.format.assumes?.[chosen.side] ?? []),
    ...(others > 0 && chosen.filtered
      ? [`--${chosen.side}: ${left} of ${name} ${others === 1 ? 'is' : 'are'} about something else, by --where`]
      : []),
  ];
}

function orderWord({ seen, received }: Records): string[] {
  if (seen.disorder() !== undefined || !received.sessionless) return [];
  return [
    `each file of ${received.name} is of one consumer, in the order of its receipts (else give each line its session)`,
  ];
}

/** The paths of each side. */
function pathsOf({ sent, received, effects }: ImportRequest): (readonly string[])[] {
  return [sent, received, effects].map((side) => (side === undefined ? [] : filesOf(side).files));
}

function shardsFor(request: ImportRequest): number {
  const bytes = Math.max(...pathsOf(request).map(sizeOf));
  return Math.min(mostParts, Math.max(1, Math.ceil(bytes / bytesPerPart)));
}

/** The shards of each part: of streams the size is known only now, and small ones are taken together. */
function partsOf({ request, sent, received, effects, shards }: Records): number[][] {
  const { count } = shards.sent;
  const bytes = Math.max(sent.sizeBytes, received.sizeBytes, effects?.sizeBytes ?? 0);
  const perPart = request.parts === undefined ? Math.ceil(count / Math.max(1, Math.ceil(bytes / bytesPerPart))) : 1;
  const all = Array.from({ length: count }, (_, shard) => shard);
  return Array.from({ length: Math.ceil(count / perPart) }, (_, at) => all.slice(at * perPart, (at + 1) * perPart));
}

function refuseTwoInputs(request: ImportRequest): void {
  const inputs = pathsOf(request)
    .flat()
    .filter((file) => file === standardInput);
  if (inputs.length <= 1) return;
  throw new ToolError('stdin can be one file, and not several', { code: 'usage', hint: 'give the others by name' });
}
