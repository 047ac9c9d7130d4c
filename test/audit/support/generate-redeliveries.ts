/** Tries after the first, by chance: failed, moved, received again, buried, and each of it now and then not. */
import { deliveryFlags, type Event, type EventBody, none16 } from '../../../src/journal/event.ts';
import type { Random } from './generate.ts';
import { at, type Model, type ModelJournal } from './model.ts';

interface Copy {
  readonly producer: number;
  readonly seq: number;
  readonly partition: number;
}

export interface RedeliveriesModel {
  readonly settings: Model['redelivery'];
  /** Of the consumers' journals, by their place. */
  readonly processed: readonly (readonly Event[])[];
  readonly journal: ModelJournal | undefined;
  readonly drains: readonly Event[];
}

export function generateRedeliveries(
  random: Random,
  bad: () => boolean,
  groups: readonly string[],
  copies: readonly Copy[],
  consumers: number,
): RedeliveriesModel {
  const attempts = random.below(4);
  const settings = bad() && bad() ? undefined : { attempts, deadLetter: random.chance(0.7) };
  const processed: Event[][] = Array.from({ length: consumers }, () => []);
  const dead: Event[] = [];
  const push = (body: EventBody): void => {
    processed[random.below(consumers)]?.push(at(15e8, body));
  };
  const bury = (copy: Copy, group: number, flags = 0): void => {
    dead.push(
      at(3e9, { kind: 'dead', ...placed(copy), flags, sendAttempt: 1, latencyUs: 0, group, attempt: attempts }),
    );
  };
  const distinct = [...new Map(copies.map((copy) => [`${copy.producer}#${copy.seq}`, copy])).values()];
  for (const [group] of groups.entries()) {
    for (const copy of distinct.filter(() => random.chance(0.4))) {
      const { producer, seq } = copy;
      const poison = random.chance(0.4) && (settings?.deadLetter === true || bad());
      const last = (poison ? attempts + 1 : 1 + random.below(attempts + 1)) + (bad() ? random.below(2) : 0);
      for (let attempt = 1; attempt <= last; attempt += 1) {
        const by = { producer, seq, group, session: 1, attempt };
        if (attempt > 1) {
          const again = {
            ...placed(copy),
            flags: deliveryFlags.scheduled | oddFlag(bad),
            sendAttempt: 1,
            latencyUs: 64,
          };
          for (let times = bad() ? random.below(3) : 1; times > 0; times -= 1) {
            push({ kind: 'received', ...again, group, session: 1, attempt });
          }
        }
        if ((attempt === last && !poison) || bad()) continue;
        push({ kind: 'processingFailed', ...by });
        if (attempt < last && !bad()) push({ kind: 'redeliveryScheduled', ...by, delayMs: 5 });
        else if (settings?.deadLetter === true && !bad()) push({ kind: 'deadLettered', ...by });
      }
      for (let times = bad() ? random.below(3) : 1; poison && times > 0; times -= 1) bury(copy, group);
    }
    if (bad()) bury({ producer: 77, seq: random.below(3), partition: 0 }, group);
    if (bad()) bury({ producer: 1, seq: 1e6 + random.below(3), partition: 0 }, group);
    if (bad()) {
      // at a position of its own topic, as one of the log may have
      const place = { partition: 0, ...(bad() ? { position: random.below(6) } : {}) };
      const nobody = { producer: none16, seq: 0, flags: deliveryFlags.unidentified, sendAttempt: 0, latencyUs: 0 };
      dead.push(at(3e9, { kind: 'dead', ...nobody, ...place, group, attempt: 1 }));
    }
  }
  const read = groups.length > 0 && settings?.deadLetter === true && !(bad() && bad());
  const drains = groups.flatMap((_, group) => {
    const ok = !(bad() && bad());
    return read && !(bad() && bad()) ? [at(4e9, { kind: 'drain', step: 'dead-letters', ok, detail: { group } })] : [];
  });
  const end = { closed: !(bad() && bad()), noted: false };
  const journal = read ? ({ name: 'dead-letters', role: 'dead-letters', events: dead, ...end } as const) : undefined;
  return { settings, processed, journal, drains };
}

function placed({ producer, seq, partition }: Copy): Copy {
  return { producer, seq, partition };
}

function oddFlag(bad: () => boolean): number {
  return bad() && bad() ? deliveryFlags.corrupt : 0;
}
