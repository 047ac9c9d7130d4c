/** What consumers said of their processing, and what the store holds in the end: each by chance, the store first. */
import type { Event, EventBody } from '../../../src/journal/event.ts';
import type { Random } from './generate.ts';
import { at, type ModelJournal } from './model.ts';

interface Message {
  readonly producer: number;
  readonly seq: number;
}

export interface EffectsModel {
  /** Of the consumer's journals, by their place. */
  readonly processed: readonly (readonly Event[])[];
  readonly journal: ModelJournal;
  readonly drains: readonly Event[];
}

/** How many messages of a producer share a key: few, so that they do. */
const keys = 3;

export function generateEffects(
  random: Random,
  bad: () => boolean,
  groups: readonly string[],
  messages: readonly Message[],
  consumers: number,
): EffectsModel {
  const processed: Event[][] = Array.from({ length: consumers }, () => []);
  const held: Event[] = [];
  const hold = (body: Omit<Extract<EventBody, { kind: 'held' }>, 'kind'>): void => {
    held.push(at(3e9, { kind: 'held', ...body }));
  };
  const distinct = [...new Map(messages.map((message) => [`${message.producer}#${message.seq}`, message])).values()];
  for (const [group] of groups.entries()) {
    const latest = new Map<string, number>();
    const shared = random.chance(0.3);
    for (const { producer, seq } of distinct) {
      for (let times = bad() ? random.below(3) : 1; times > 0; times -= 1) {
        const effect = bad() ? 'absorbed' : 'applied';
        const who = { producer, seq, group, session: 1, attempt: 1 };
        processed[random.below(consumers)]?.push(at(2e9, { kind: 'effect', ...who, effect }));
        if (bad()) processed[random.below(consumers)]?.push(at(2e9, { kind: 'processingFailed', ...who }));
      }
      const key = `${producer}/${seq % keys}`;
      if (!shared && !bad()) hold({ holding: 'effect', producer, seq, group, count: bad() ? 2 + random.below(3) : 1 });
      else if (shared && !bad()) latest.set(key, Math.max(seq, latest.get(key) ?? -1));
      else if (shared) latest.set(key, seq);
    }
    for (const [key, seq] of latest) {
      hold({ holding: 'latest', producer: Number(key.split('/')[0]), seq, group, count: keys });
    }
    if (bad()) hold({ holding: 'effect', producer: 77, seq: random.below(3), group, count: 1 });
    if (bad()) hold({ holding: 'effect', producer: 1, seq: 1e6 + random.below(3), group, count: 1 });
    if (bad()) hold({ holding: 'strange', producer: 0xffff, seq: 0, group, count: 1 });
  }
  const drains = groups.flatMap((_, group) => {
    const detail = { group };
    return bad() && bad() ? [] : [at(4e9, { kind: 'drain', step: 'effects', ok: !(bad() && bad()), detail })];
  });
  const end = { closed: !(bad() && bad()), noted: false };
  return { processed, journal: { name: 'effects', role: 'store', events: held, ...end }, drains };
}
