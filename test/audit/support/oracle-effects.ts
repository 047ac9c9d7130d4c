/** The truth about the effects of a model, from the definitions of docs/audit.md; shares no code with the audit. */
import type { Event } from '../../../src/journal/event.ts';
import type { Model } from './model.ts';
import type { Redeliveries } from './oracle-redeliveries.ts';

type Of<K extends Event['kind']> = Extract<Event, { kind: K }>;

export interface Known {
  /** `group p1#0`: received by that group, and a message that a producer's journal attempts. */
  readonly received: ReadonlySet<string>;
  /** `group p1#0`: came with a damaged identity only, and nobody could process it. */
  readonly damaged: ReadonlySet<string>;
  /** `group p1#0`: received at its first try. */
  readonly firstTry: (key: string) => boolean;
  readonly redeliveries: Redeliveries;
  readonly isMember: (event: { producer: number; seq: number }) => boolean;
  readonly drained: readonly boolean[];
  readonly receiptsWhole: boolean;
  /** No journal that could show an attempt of this producer's is cut or missing. */
  readonly surelyUnsent: (producer: number) => boolean;
}

export function effectsTruth(model: Model, known: Known): { lines: string[]; counts: Record<string, number> } {
  const lines: string[] = [];
  const counts: Record<string, number> = {};
  const count = (key: string, by = 1): void => {
    counts[key] = (counts[key] ?? 0) + by;
  };
  const store = model.journals.find(({ role }) => role === 'store');
  const said = model.journals.filter(({ role }) => role === 'consumer').flatMap(({ events }) => events);
  const effects = said.filter((event): event is Of<'effect'> => event.kind === 'effect');
  count('effectsApplied', effects.filter(({ effect }) => effect === 'applied').length);
  count('effectsAbsorbed', effects.filter(({ effect }) => effect === 'absorbed').length);
  count('processingFailed', said.filter(({ kind }) => kind === 'processingFailed').length);
  const affected = {
    ...{ again: new Set<string>(), none: new Set<string>() },
    ...{ lost: new Set<string>(), stray: new Set<string>() },
  };
  const { redeliveries } = known;
  /** Of what is without effect and in no dead letter; false when nobody can say yet. */
  const condemned = (group: number, key: string): boolean => {
    const message = key.slice(key.indexOf(' ') + 1);
    const buries = model.redelivery?.deadLetter === true;
    if (buries && !redeliveries.deadKnown(group)) return false;
    const moved = buries && redeliveries.failed.has(key);
    lines.push(`${moved ? 'dead-letter-lost' : 'unprocessed'} ${message} ${model.groups[group]}`);
    (moved ? affected.lost : affected.none).add(message);
    return true;
  };
  if (store === undefined && model.redelivery !== undefined) {
    for (const key of known.received) {
      const group = Number(key.slice(0, key.indexOf(' ')));
      const left = redeliveries.failed.has(key) && !redeliveries.succeeded(key, known.firstTry(key));
      if (left && !redeliveries.dead.has(key) && known.drained[group] === true) condemned(group, key);
    }
  }
  if (store === undefined) {
    count('unprocessed', affected.none.size);
    count('deadLetterLost', affected.lost.size);
    return { lines, counts };
  }
  const nameOf = ({ producer, seq }: { producer: number; seq: number }): string => `p${producer}#${seq}`;
  for (const [group, label] of model.groups.entries()) {
    const held = store.events.filter((event): event is Of<'held'> => event.kind === 'held' && event.group === group);
    const read = model.runner.findLast(
      (event) => event.kind === 'drain' && event.step === 'effects' && event.detail.group === group,
    );
    const decided = store.closed && read?.kind === 'drain' && read.ok && known.drained[group] === true;
    const ours = held.filter((each) => each.holding !== 'strange' && known.isMember(each));
    const times = new Map(ours.map((each) => [nameOf(each), each.holding === 'effect' ? each.count : 1]));
    const unnamed = [...known.damaged].filter((key) => times.has(key.slice(key.indexOf(' ') + 1)));
    const received = new Set([...known.received, ...unnamed]);
    const shared = held.some(({ holding }) => holding === 'latest');
    const line = (name: string, message: string): number => lines.push(`${name} ${message} ${label}`);
    count('phantomEffect', held.filter(({ holding }) => holding === 'strange').length);
    for (const [message, much] of times) {
      if (known.receiptsWhole && !received.has(`${group} ${message}`)) {
        line('phantom-effect', message);
        affected.stray.add(message);
      }
      if (shared || much < 2) continue;
      line('duplicate-effect', message);
      affected.again.add(message);
    }
    for (const each of held.filter(({ holding }) => holding !== 'strange')) {
      if (!known.receiptsWhole || known.isMember(each) || !known.surelyUnsent(each.producer)) continue;
      line('phantom-effect', nameOf(each));
      count('phantomEffect');
    }
    for (const key of received) {
      if (!key.startsWith(`${group} `)) continue;
      const message = key.slice(key.indexOf(' ') + 1);
      const much = times.get(message) ?? 0;
      count('processable');
      if (shared) count('effectHidden');
      else if (much === 1) count('effectOnce');
      else if (much > 1) count('effectMore');
      else if (redeliveries.dead.has(key)) count('effectDead');
      else count(decided && condemned(group, key) ? 'effectNone' : 'effectOpen');
    }
    for (const { producer, seq, count: keys } of ours.filter(({ holding }) => holding === 'latest')) {
      const newer = effects.filter(
        (each) =>
          each.group === group &&
          each.effect === 'applied' &&
          each.producer === producer &&
          each.seq % keys === seq % keys &&
          each.seq > seq &&
          known.isMember(each),
      );
      if (newer.length === 0) continue;
      line('stale-overwrite', `p${producer}#${Math.max(...newer.map((each) => each.seq))}`);
      count('staleOverwrite');
    }
  }
  count('duplicateEffect', affected.again.size);
  count('unprocessed', affected.none.size);
  count('deadLetterLost', affected.lost.size);
  count('phantomEffect', affected.stray.size);
  return { lines, counts };
}
