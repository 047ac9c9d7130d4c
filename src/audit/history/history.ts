/**
 * The history of a run, from one pass over each of its journals: first the runner's, then those of the log and the
 * stores, then the consumers', last the producers'. It takes bit planes, about a byte a message, and pages of bits for
 * what is rare. Arrays that the WebAssembly loops use are in the memory of the loops.
 */

import type { JournalHeader } from '../../journal/header.ts';
import type { Pass, Watcher } from '../../journal/reader.ts';
import { noTail, readTail, type Tail } from '../../journal/tail.ts';
import type { Loops } from '../../loops/loops.ts';
import { Doubts } from '../evidence/doubts.ts';
import { type Evidence, missingFrom, weigh } from '../evidence/evidence.ts';
import { type Inventory, type Source, scanSource, sourcesOf, takeInventory } from '../evidence/inventory.ts';
import { type RunRecord, readRunRecord } from '../evidence/run-record.ts';
import { Watchlist } from '../fates/watchlist.ts';
import { Notes, noGroup } from '../structures/notes.ts';
import { type Layout, layoutOf, loopPlane } from '../structures/planes.ts';
import { AckTimes } from '../windows/outages.ts';
import { StoreSightings } from '../windows/store-sightings.ts';
import { Effects } from './effects.ts';
import { Receipts } from './receipts.ts';
import { Redeliveries } from './redeliveries.ts';
import { type ProducerEnd, Sends } from './sends.ts';
import { Sightings } from './sightings.ts';
import { StoredLog } from './stored.ts';
import { Strangers } from './strangers.ts';
import { Unidentified } from './unidentified.ts';

export interface History {
  readonly header: JournalHeader | undefined;
  readonly groups: readonly string[];
  readonly inventory: Inventory;
  readonly record: RunRecord;
  readonly layout: Layout;
  readonly sightings: Sightings;
  readonly log: StoredLog;
  readonly receipts: Receipts;
  readonly effects: Effects;
  readonly redeliveries: Redeliveries;
  readonly sends: Sends;
  readonly stores: StoreSightings;
  readonly watchlist: Watchlist;
  readonly producers: readonly ProducerHistory[];
  readonly evidence: Evidence;
}

export interface ProducerHistory extends ProducerEnd {
  readonly source: Source;
  /** The journal is whole: an attempt that is not in it was never made. */
  readonly whole: boolean;
}

/**
 * Reads all journals. The history is valid until `loops` are disposed of: its arrays are in their memory.
 * @param watch makes a pass that goes beside the audit's own over the journal of that path
 */
export async function readHistory(
  paths: readonly string[],
  loops: Loops,
  watch?: (path: string, loops: Loops) => Watcher,
): Promise<History> {
  const scan = (source: Source, pass: Pass): Promise<void> =>
    scanSource(source, pass, loops, watch?.(source.path, loops));
  const inventory = takeInventory(paths);
  const record = await readRunRecord(inventory.runner);
  const groups = inventory.header?.groups ?? [];
  const compare = inventory.header?.positions === 'partition';
  const producerSources = sourcesOf(inventory, 'producer');
  const tails = new Map(producerSources.map((source) => [producerOf(source), tailOf(source)]));
  const lastNs = [...tails.values()].reduce((last, { atNs }) => Math.max(last, atNs), 0);
  const tops = new Map([...tails].map(([producer, { top }]) => [producer, top]));
  const layout = layoutOf(tops, loops);
  const sightings = new Sightings(layout, new Notes(loops), new Strangers(), new Unidentified());

  const log = await readLog(scan, sightings, sourcesOf(inventory, 'reader'), record, compare);
  const effects = new Effects(layout, groups.length, inventory.header?.effects === 'reported');
  for (const source of sourcesOf(inventory, 'store')) await scan(source, effects.pass);
  const redeliveries = new Redeliveries(sightings, inventory.header?.redelivery?.attempts);
  for (const source of sourcesOf(inventory, 'dead-letters')) await scan(source, redeliveries.pass);
  const receivers = { groups: groups.length, producers: [...tops.keys()], compare, lastNs };
  const receipts = new Receipts(loops, sightings, effects, redeliveries, receivers);
  const stores = new StoreSightings();
  const weakKills = await readReceipts(scan, receipts, stores, sourcesOf(inventory, 'consumer'));
  if (inventory.runner !== undefined && inventory.runner.state !== 'unreadable') {
    const witness = stores.of('runner');
    await scanSource(inventory.runner, witness.pass, loops);
    witness.finish();
  }
  const partitions = inventory.header?.partitions ?? 0;
  const doubts = log.reads.size === 0 ? undefined : new Doubts(log.reads, partitions, sameBoot(inventory), loops);
  const watchlist = new Watchlist(layout, suspects(sightings, log, receipts));
  const ackTimes = new AckTimes(partitions, loops, lastNs);
  const sends = new Sends(loops, layout, ackTimes, doubts, watchlist);
  const ends = await readSends(scan, sends, producerSources);
  if (compare) await nameDamaged(scan, sightings, log, receipts, producerSources);

  const disordered = new Set(ends.filter((end) => end.disordered).map((end) => end.source.file));
  const evidence = weigh(inventory, record, log.reads, disordered, weakKills);
  const producers = ends.map((end) => ({ ...end, whole: evidence.wholeProducers.has(end.producer) }));
  const { header } = inventory;
  return {
    ...{ header, groups, inventory, record, layout, sightings, log, receipts, effects, redeliveries, sends },
    ...{ stores, watchlist, producers, evidence },
  };
}

type Scan = (source: Source, pass: Pass) => Promise<void>;

async function readLog(
  scan: Scan,
  sightings: Sightings,
  sources: readonly Source[],
  record: RunRecord,
  compare: boolean,
): Promise<StoredLog> {
  const log = new StoredLog(sightings, compare);
  for (const source of sources) {
    const { pass, finish } = log.open();
    await scan(source, pass);
    finish(missingFrom(source, record));
  }
  return log;
}

/**
 * Reads the consumers' journals. Returns the files whose writer was killed while it acknowledged automatically:
 * receipts may be missing from them although the broker delivered.
 */
async function readReceipts(
  scan: Scan,
  receipts: Receipts,
  stores: StoreSightings,
  sources: readonly Source[],
): Promise<string[]> {
  const weakKills: string[] = [];
  for (const source of sources) {
    receipts.begin(stores.of(source.header?.writer ?? source.file));
    await scan(source, receipts.pass);
    if (receipts.weak && source.state !== 'closed') weakKills.push(source.file);
    receipts.endOfJournal();
  }
  receipts.finish();
  return weakKills;
}

/**
 * A bit for each message that a pass over deliveries noted, that some group did not receive, or that a read log lacks.
 */
function suspects(sightings: Sightings, log: StoredLog, receipts: Receipts): Int32Array {
  const { layout, notes } = sightings;
  const planes = log.reads.size === 0 ? receipts.delivered : [...receipts.delivered, log.stored];
  const suspect = loopPlane(layout);
  for (const plane of planes) {
    for (let word = 0; word < suspect.length; word += 1)
      suspect[word] = (suspect[word] as number) | ~(plane[word] as number);
  }
  for (let row = 0; row < notes.count; row += 1) {
    const seq = notes.seqAt(row);
    const word = (layout.base[notes.producerAt(row)] as number) + (seq >>> 5);
    suspect[word] = (suspect[word] as number) | (1 << (seq & 31));
  }
  return suspect;
}

async function readSends(
  scan: Scan,
  sends: Sends,
  sources: readonly Source[],
): Promise<(ProducerEnd & { source: Source })[]> {
  const ends: (ProducerEnd & { source: Source })[] = [];
  for (const source of sources) {
    sends.begin(producerOf(source));
    await scan(source, sends.pass);
    ends.push({ ...sends.end(), source });
    if (sends.retractions.binned) await scan(source, sends.retractions.unbin);
  }
  return ends;
}

/** Reads the producers' journals once more if deliveries without identity stand at places that acks may name. */
async function nameDamaged(
  scan: Scan,
  sightings: Sightings,
  log: StoredLog,
  receipts: Receipts,
  sources: readonly Source[],
): Promise<void> {
  const { unidentified, layout } = sightings;
  if (!unidentified.placed) return;
  for (const source of sources) await scan(source, unidentified.pass);
  unidentified.name(layout.top, (group, record) => {
    if (group === noGroup) log.takeDamaged(record);
    else receipts.takeDamaged(group, record);
    sightings.damaged(group, record);
  });
}

/** The file name of a journal, from the path in the record of its worker. */
export function sourceOf(journal: string): string {
  return journal.slice(journal.lastIndexOf('/') + 1);
}

function producerOf(source: Source): number {
  return source.header?.producer ?? -1;
}

/**
 * The end of a producer's journal. An unreadable file counts as one without attempts: the pass over it will say why.
 */
function tailOf(source: Source): Tail {
  try {
    return readTail(source.path, producerOf(source));
  } catch {
    return noTail;
  }
}

function sameBoot(inventory: Inventory): boolean {
  const boots = new Set(inventory.sources.flatMap((source) => source.header?.clock.bootId ?? []));
  return boots.size <= 1;
}
