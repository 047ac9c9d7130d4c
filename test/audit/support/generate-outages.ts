/** What the writers of journals saw of the stores: lost and reached by chance, in any order that can be written. */
import type { Event, EventBody } from '../../../src/journal/event.ts';
import type { Random } from './generate.ts';
import { at } from './model.ts';

const stores = ['postgres at h:5432', 'redis at h:6379'] as const;
const whys = ['store-lost', 'store-unreachable', 'store-deadline'] as const;

/** Of one journal, in the order of time, later than all else in it. */
export function generateOutages(random: Random): Event[] {
  const events: Event[] = [];
  let nowNs = 10e9;
  const push = (body: EventBody): void => {
    events.push(at(nowNs, body));
  };
  const by = { group: 0, session: 1 };
  const amounts = () => ({ calls: random.below(4), connects: random.below(9) });
  for (let left = random.below(12); left > 0; left -= 1) {
    nowNs += random.pick([0, 1e6, 4e8, 999_999_999, 1e9, 2e9]);
    const store = random.pick(stores);
    const why = random.pick(whys);
    const said = random.chance(0.5) ? amounts() : {};
    if (random.chance(0.5)) push({ kind: 'store', state: 'lost', ...by, detail: { store, why, ...said } });
    else push({ kind: 'store', state: 'reached', ...by, detail: { store, ...said } });
    const cause = random.chance(0.7) ? ({ cause: 'store' } as const) : {};
    if (random.chance(0.4)) push({ kind: 'processingFailed', producer: 99, seq: 0, ...by, attempt: 1, ...cause });
  }
  return events;
}
