/**
 * Effects as the store shows them at the end: effects that were applied more than once, that are missing, that belong
 * to no message, and older ones that replaced newer ones. An effect counts as missing only if it cannot come any more:
 * the group's drain is proven and its store was read to the end.
 */
import { rescanJournal } from '../../journal/reader.ts';
import { effectClasses } from '../class.ts';
import { assertEffectSums } from '../counts.ts';
import { sourcesOf } from '../evidence/inventory.ts';
import { ranges } from '../fates/details.ts';
import {
  areReported,
  deadLettersKnown,
  hadEffects,
  hasStore,
  type Judged,
  judgeGroup,
  stepDone,
  toldByRecords,
} from '../fates/effect-fates.ts';
import { Processings } from '../fates/processings.ts';
import { EffectListing, type Stale } from '../findings/effect-listing.ts';
import { type History, sourceOf } from '../history/history.ts';
import { groupName } from '../history/strangers.ts';
import { countBits } from '../structures/planes.ts';
import type { Check, CheckContext } from './check.ts';
import { isPhantom } from './strangers.ts';

const rangeMessages = 1 << 20;
const decided = [...effectClasses, 'dead-letter-lost'] as const;

export const effectsCheck: Check = {
  name: 'effects',
  decides: [...decided],
  async run(context) {
    const { history, counts, findings } = context;
    const { effects } = history;
    counts.effectsApplied = effects.applied;
    counts.effectsAbsorbed = effects.absorbed;
    counts.processingFailed = effects.failed;
    for (const name of decided) {
      const why = doubt(history, name);
      if (why !== undefined) findings.undecided.set(name, why);
    }
    if (!hasStore(history) && !areReported(history) && !toldByRecords(history)) return;
    if (history.groups.some((_, group) => effects.sharesKeys(group))) {
      const shared = 'messages share keys, of which the store holds the latest only';
      for (const name of ['duplicate-effect', 'unprocessed', 'dead-letter-lost'] as const)
        findings.undecided.set(name, shared);
    }
    const stale = effects.latest.flatMap((latest) => {
      const newest = effects.newer(latest);
      return newest === undefined ? [] : [{ ...latest, newest }];
    });
    const groups = history.groups.map((_, group) => judgeGroup(context, group));
    for (let word = 0; word < history.layout.words; word += 1) countMessages(context, groups, word);
    counts.staleOverwrite = stale.length;
    counts.phantomEffect += effects.strange;
    for (const [producer, count] of effects.strayCounts) {
      if (isPhantomEffect(context, producer)) counts.phantomEffect += count;
    }
    assertEffectSums(counts);
    findings.add('duplicate-effect', counts.duplicateEffect);
    findings.add('unprocessed', counts.unprocessed);
    findings.add('dead-letter-lost', counts.deadLetterLost);
    findings.add('stale-overwrite', counts.staleOverwrite);
    findings.add('phantom-effect', counts.phantomEffect);
    for (const [group, judged] of groups.entries()) {
      await list(
        context,
        group,
        judged,
        stale.filter((each) => each.group === group),
      );
    }
    listStrays(context);
  },
};

/**
 * What is missing of the stores, as sentences, if there were effects. If any is, the run cannot pass, whatever it
 * expects.
 */
export function storeGaps(history: History): string[] {
  if (!hadEffects(history) || areReported(history)) return [];
  if (!hasStore(history)) return ['what the store of the effects holds is not on record'];
  const unread = unreadGroup(history);
  return unread === undefined ? [] : [unread];
}

/** Why the records cannot decide a class; undefined if they can. */
function doubt(history: History, name: (typeof decided)[number]): string | undefined {
  const { inventory, evidence, header, groups } = history;
  const sources = sourcesOf(inventory, 'store');
  if (name === 'dead-letter-lost' && header?.redelivery === undefined) return 'nothing is redelivered by schedule';
  if (name === 'dead-letter-lost' || name === 'unprocessed') {
    const unknown = groups.find((_, group) => !deadLettersKnown(history, group));
    if (unknown !== undefined) return `the dead letter topic of group ${unknown} was not read to its end`;
  }
  if (areReported(history) && name !== 'dead-letter-lost' && name !== 'stale-overwrite') {
    return evidence.receiptsWhole ? undefined : 'a journal of a consumer is not whole';
  }
  const told = toldByRecords(history) && (name === 'unprocessed' || name === 'dead-letter-lost');
  if (sources.length === 0 && !told) return 'processing had no effect, or its store was not read';
  if (sources.some(({ state }) => state !== 'closed')) return 'what was read from the store is not all on record';
  const unread = sources.length === 0 ? undefined : unreadGroup(history);
  if (unread !== undefined) return unread;
  return evidence.receiptsWhole ? undefined : 'a journal of a consumer or of the dead letters is not whole';
}

function unreadGroup(history: History): string | undefined {
  const unread = history.groups.find((_, group) => !stepDone(history, 'effects', group));
  return unread === undefined ? undefined : `the store of group ${unread} was not read to its end`;
}

/** Counts the messages of one word. A message counts once for each class, however many groups are affected. */
function countMessages({ counts }: CheckContext, groups: readonly Judged[], word: number): void {
  let again = 0;
  let none = 0;
  let lost = 0;
  let stray = 0;
  for (const judged of groups) {
    again |= judged.again[word] as number;
    none |= judged.none[word] as number;
    lost |= judged.lost[word] as number;
    stray |= judged.stray[word] as number;
  }
  if ((again | none | lost | stray) === 0) return;
  counts.duplicateEffect += countBits(again);
  counts.unprocessed += countBits(none);
  counts.deadLetterLost += countBits(lost);
  counts.phantomEffect += countBits(stray);
}

async function list(context: CheckContext, group: number, judged: Judged, stale: readonly Stale[]): Promise<void> {
  const { history } = context;
  const { layout, inventory, record } = history;
  const affected = judged.again.map(
    (bits, at) => bits | (judged.none[at] as number) | (judged.lost[at] as number) | (judged.stray[at] as number),
  );
  for (const { producer, seq } of stale) {
    const at = (layout.base[producer] as number) + (seq >>> 5);
    affected[at] = (affected[at] as number) | (1 << (seq & 31));
  }
  for (const [fromWord, toWord] of ranges(affected, rangeMessages)) {
    const processings = new Processings(layout, group, affected, fromWord, toWord);
    for (const source of sourcesOf(inventory, 'consumer')) {
      const worker = record.workers.find((each) => sourceOf(each.journal) === source.file);
      const endedNs = source.state === 'closed' ? undefined : worker?.exitedNs;
      await rescanJournal(source.path, source.records, processings.pass(endedNs));
    }
    new EffectListing(context, group, processings).range(judged, stale, fromWord, toWord);
  }
}

/** Whether an effect of a message that no journal attempts is a phantom: no attempt and no receipt may be missing. */
function isPhantomEffect(context: CheckContext, producer: number): boolean {
  return context.history.evidence.receiptsWhole && isPhantom(context, producer, false);
}

/** Lists effects of messages that were never attempted. Nothing else is known of these messages. */
function listStrays(context: CheckContext): void {
  const { history, findings, messageName } = context;
  for (const { group, producer, seq } of history.effects.strays) {
    if (!isPhantomEffect(context, producer)) continue;
    const label = groupName(history.groups, group);
    findings.list({ class: 'phantom-effect', message: messageName(producer, seq), group: label });
  }
}
