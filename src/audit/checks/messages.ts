/**
 * Counts what became of every message and lists the affected ones: lost, rolled back, skipped, unseen, undelivered,
 * recovered, contradicted, degraded and lost, pending; and the messages that the passes over deliveries noted:
 * duplicates, corrupt, misrouted, reordered and over-retried ones. A producer's journal is read again only if the
 * watchlist lacks one of its affected messages.
 */

import { rescanJournal } from '../../journal/reader.ts';
import type { FindingClass } from '../class.ts';
import { assertSums, type Counts, countWord } from '../counts.ts';
import { Details, rangeMessages, ranges, type SendDetails } from '../fates/details.ts';
import { Settlement } from '../fates/settlement.ts';
import { WatchedSends } from '../fates/watchlist.ts';
import { LineKinds } from '../findings/line-kinds.ts';
import { LineLoops } from '../findings/line-loops.ts';
import { Listing } from '../findings/listing.ts';
import type { History, ProducerHistory } from '../history/history.ts';
import { type NotedClass, notedClasses } from '../structures/notes.ts';
import { countBits } from '../structures/planes.ts';
import type { Check, CheckContext } from './check.ts';

const messageClasses = [
  ['lost', 'lost'],
  ['rolled-back', 'rolledBack'],
  ['skipped', 'skipped'],
  ['unseen', 'unseen'],
  ['degraded-lost', 'degradedLost'],
  ['recovered', 'recovered'],
  ['contradicted', 'contradicted'],
  ['undelivered', 'undelivered'],
  ['undelivered-silent', 'undeliveredSilent'],
  ['pending', 'pending'],
  ['duplicate-stored', 'duplicateStored'],
  ['duplicate-delivered', 'duplicateDelivered'],
  ['duplicate-undecided', 'duplicateUndecided'],
  ['reordered', 'reordered'],
  ['corrupt', 'corrupt'],
  ['misrouted', 'misrouted'],
  ['over-retried', 'overRetried'],
] as const satisfies readonly (readonly [FindingClass, keyof Counts])[];

export const messagesCheck = messagesCheckOf(rangeMessages);

/**
 * `rangeSize` is the number of affected messages whose details are held at a time: a journal is read once for each
 * range. With `again`, journals are read again even if the watchlist has all affected messages.
 */
export function messagesCheckOf(rangeSize: number, again = false): Check {
  return {
    name: 'messages',
    decides: messageClasses.map(([name]) => name),
    run: (context) => checkMessages(context, rangeSize, again),
  };
}

async function checkMessages(context: CheckContext, rangeSize: number, again: boolean): Promise<void> {
  const { history, counts, findings } = context;
  const settlement = new Settlement(history);
  const rows = history.sightings.notes.rowsByProducer();
  const kinds = new LineKinds(history.groups);
  const loops = LineLoops.of(context, kinds);
  for (const producer of history.producers) {
    const befallen = countProducer(history, settlement, producer, counts);
    const notes = rows.get(producer.producer) ?? new Uint32Array(0);
    const affected = withNotes(befallen, history, notes);
    const watched = again ? undefined : watchedDetails(history, producer, affected);
    if (watched !== undefined) {
      const able = loops?.begin(producer, notes) === true;
      const listing = new Listing(context, producer, watched, kinds, able ? loops : undefined);
      list(listing, watched, history, settlement, producer, befallen, [0, affected.length], notes);
      continue;
    }
    for (const range of ranges(affected, rangeSize)) {
      const details = new Details(affected, ...range);
      await rescanJournal(producer.source.path, producer.source.records, details.pass);
      const listing = new Listing(context, producer, details, kinds, undefined);
      list(listing, details, history, settlement, producer, befallen, range, notes);
    }
  }
  loops?.finish();
  counts.lostUnproved = counts.lost - counts.lostProved;
  copyNotedCounts(history, counts);
  assertSums(counts);
  for (const [name, key] of messageClasses) findings.add(name, counts[key]);
}

/** Counts a producer's messages. Returns a bit for each that has a finding by what became of it. */
function countProducer(
  history: History,
  settlement: Settlement,
  producer: ProducerHistory,
  counts: Counts,
): Int32Array {
  const base = history.layout.base[producer.producer] as number;
  const words = Math.ceil((history.layout.top[producer.producer] as number) / 32);
  const befallen = new Int32Array(words);
  const closed = producer.source.state === 'closed';
  let clean = 0;
  for (let word = 0; word < words; word += 1) {
    if (settlement.isClean(base + word)) {
      clean += 32;
      continue;
    }
    settlement.judge(producer, base, word);
    befallen[word] = settlement.befallen;
    countWord(counts, settlement);
    if (settlement.undelivered !== 0) countUndelivered(history, settlement, base + word, closed, counts);
  }
  counts.attempted += clean;
  counts.acked += clean;
  counts.ackedDelivered += clean;
  return befallen;
}

/**
 * Counts undelivered messages by what the application was told. `silent`: the send was oneway, or had no outcome
 * although the producer's journal was closed. `died`: it had no outcome, and the producer was killed. `told`: it had an
 * outcome.
 */
function countUndelivered(history: History, word: Settlement, at: number, closed: boolean, counts: Counts): void {
  const open = ~(history.sends.settled[at] as number) & word.undelivered;
  const oneway = (history.sends.oneway[at] as number) & word.undelivered & ~open;
  const silent = countBits(oneway) + (closed ? countBits(open) : 0);
  const died = closed ? 0 : countBits(open);
  counts.undeliveredSilent += silent;
  counts.undeliveredDied += died;
  counts.undeliveredTold += countBits(word.undelivered) - silent - died;
}

/** The bits of `befallen`, and of the messages that a pass over deliveries noted. */
function withNotes(befallen: Int32Array, history: History, notes: Uint32Array): Int32Array {
  const affected = befallen.slice();
  for (const row of notes) {
    const seq = history.sightings.notes.seqAt(row);
    affected[seq >>> 5] = (affected[seq >>> 5] as number) | (1 << (seq & 31));
  }
  return affected;
}

/**
 * The producer's messages on the watchlist; undefined if it lacks an affected one, so that the journal must be read
 * again.
 */
function watchedDetails(
  { layout, watchlist }: History,
  producer: ProducerHistory,
  affected: Int32Array,
): WatchedSends | undefined {
  if (producer.disordered) return undefined;
  const base = layout.base[producer.producer] as number;
  for (let word = 0; word < affected.length; word += 1) {
    if (affected[word] !== 0 && !watchlist.hasAll(base + word, affected[word] as number)) return undefined;
  }
  return new WatchedSends(watchlist, base);
}

/** Lists the findings about the messages in a range of words. */
function list(
  listing: Listing,
  details: SendDetails,
  history: History,
  settlement: Settlement,
  producer: ProducerHistory,
  befallen: Int32Array,
  [fromWord, toWord]: readonly [number, number],
  notes: Uint32Array,
): void {
  const base = history.layout.base[producer.producer] as number;
  for (let word = fromWord; word < toWord; word += 1) {
    if (befallen[word] === 0) continue;
    settlement.judge(producer, base, word);
    if (settlement.unknown !== 0) binUnknown(history, producer, details, settlement.unknown, word);
    listing.word(settlement, base, word);
  }
  listing.endOfWords();
  listing.notes(notes, (row) => {
    const word = history.sightings.notes.seqAt(row) >>> 5;
    return word >= fromWord && word < toWord;
  });
}

/** Counts the unknown messages of a word by the time of their last outcome. All of them are among the befallen. */
function binUnknown(
  { sends }: History,
  { lastNs }: ProducerHistory,
  details: SendDetails,
  unknown: number,
  word: number,
): void {
  for (let bits = unknown; bits !== 0; bits &= bits - 1) {
    const seq = word * 32 + (31 - Math.clz32(bits & -bits));
    sends.unknowns.count(0, details.of(seq, lastNs)?.settledAtNs ?? lastNs);
  }
}

function copyNotedCounts(history: History, counts: Counts): void {
  const { unidentified } = history.sightings;
  const noted = (name: NotedClass): number => history.sightings.messagesOf(notedClasses.indexOf(name));
  counts.duplicateStored = noted('duplicate-stored');
  counts.duplicateDelivered = noted('duplicate-delivered');
  counts.duplicateUndecided = noted('duplicate-undecided');
  counts.reordered = noted('reordered');
  counts.corrupt = noted('corrupt') + unidentified.count;
  counts.unidentified = unidentified.count;
  counts.misrouted = noted('misrouted');
  counts.overRetried = noted('over-retried');
  counts.redeliveries = history.redeliveries.receipts;
  counts.deadLetters = history.redeliveries.deadLetters;
  const { repeats, deliveries, deadLettered } = history.receipts;
  counts.extraDeliveries = repeats.stored + repeats.delivered + repeats.undecided;
  counts.extraFlagged = repeats.flagged;
  counts.reorderedRetries = history.receipts.reorderedRetries;
  counts.deliveries = deliveries;
  counts.deadLettered = deadLettered;
  counts.attempts = history.sends.attempts;
  counts.storedRecords = history.log.records;
}
