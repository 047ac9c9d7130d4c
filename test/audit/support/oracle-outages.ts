/** The truth about the outages of a model's stores, from the definition of docs/audit.md; shares no code with the audit. */
import type { Event } from '../../../src/journal/event.ts';
import type { Model } from './model.ts';

type Of<K extends Event['kind']> = Extract<Event, { kind: K }>;

interface Seen {
  name: string;
  from: number;
  end: number;
  back: boolean;
  calls: number;
  connects: number;
  tries: number;
}

const second = 1e9;

export interface TrueOutage {
  store: string;
  from: number;
  to: number | undefined;
  seenBy: { name: string; from: number; to: number | undefined }[];
  calls: number;
  connects: number;
  tries: number;
}

export function outagesTruth(model: Model): TrueOutage[] {
  const writers = model.journals.filter(({ role }) => role === 'consumer');
  const journals = [...writers, { name: 'runner', events: model.runner, closed: model.runnerClosed }];
  // the marks are written when all else is
  const markNs = [...model.journals.map(({ events }) => events), model.runner]
    .findLast((each) => each.length > 0)
    ?.at(-1);
  const isStore = (event: Event): event is Of<'store'> => event.kind === 'store';
  const all = journals.flatMap(({ events }) => events.filter(isStore));
  return [...new Set(all.map(({ detail }) => detail.store))]
    .flatMap((store) => {
      const seen = journals.flatMap(({ name, events, closed }) =>
        seenIn(name, events, store, closed ? (markNs?.atNs ?? 0) : 0),
      );
      const reached = all.filter(({ state, detail }) => state === 'reached' && detail.store === store);
      return joined(seen).map((parts): TrueOutage => {
        const end = Math.max(...parts.map((part) => part.end));
        const later = reached.map(({ atNs }) => atNs).filter((atNs) => atNs >= end);
        const names = [...new Set(parts.map(({ name }) => name))];
        const sum = (key: 'calls' | 'connects' | 'tries'): number => parts.reduce((n, part) => n + part[key], 0);
        return {
          store,
          from: Math.min(...parts.map(({ from }) => from)),
          to: later.length === 0 ? undefined : Math.min(...later),
          seenBy: names
            .map((name) => {
              const own = parts.filter((part) => part.name === name);
              const last = own.reduce((a, b) => (b.from >= a.from ? b : a));
              return { name, from: Math.min(...own.map(({ from }) => from)), to: last.back ? last.end : undefined };
            })
            .sort((a, b) => a.name.localeCompare(b.name)),
          ...{ calls: sum('calls'), connects: sum('connects'), tries: sum('tries') },
        };
      });
    })
    .sort(byStart);
}

export function byStart(a: { from: number; store: string }, b: { from: number; store: string }): number {
  return a.from - b.from || a.store.localeCompare(b.store);
}

/** Stretches from a `lost` to the next `reached`, those less than a second apart made one. */
function seenIn(name: string, events: readonly Event[], store: string, markNs: number): Seen[] {
  const stretches: Seen[] = [];
  const lastNs = Math.max(markNs, ...events.map(({ atNs }) => atNs));
  /** Its first `lost` said nothing of how much had failed, and nothing since has. */
  let mute: 'calls' | 'connects' | undefined;
  let open: Seen | undefined;
  let latestOfAny: string | undefined;
  const speak = (seen: Seen): void => {
    if (mute !== undefined) seen[mute] += 1;
    mute = undefined;
  };
  for (const event of events) {
    if (event.kind === 'processingFailed' && event.cause === 'store' && latestOfAny === store) {
      (stretches.at(-1) as Seen).tries += 1;
    }
    if (event.kind === 'store' && event.state === 'lost') latestOfAny = event.detail.store;
    if (event.kind !== 'store' || event.detail.store !== store) continue;
    const { state, detail, atNs } = event;
    const amount = detail.calls !== undefined || detail.connects !== undefined;
    if (state === 'lost' && open === undefined) {
      open = { name, from: atNs, end: lastNs, back: false, calls: 0, connects: 0, tries: 0 };
      stretches.push(open);
      if (!amount) mute = detail.why === 'store-unreachable' ? 'connects' : 'calls';
    }
    if (open === undefined) continue;
    open.calls += detail.calls ?? 0;
    open.connects += detail.connects ?? 0;
    if (amount) mute = undefined;
    else if (state === 'lost') mute ??= detail.why === 'store-unreachable' ? 'connects' : 'calls';
    if (state !== 'reached') continue;
    open.end = atNs;
    open.back = true;
    speak(open);
    open = undefined;
  }
  if (open !== undefined) speak(open);
  return stretches;
}

/** Groups of what overlaps or is less than a second apart, by whatever way. */
function joined(seen: readonly Seen[]): Seen[][] {
  const groups: Seen[][] = [];
  for (const each of seen) {
    const near = groups.filter((group) =>
      group.some((other) => each.from - other.end < second && other.from - each.end < second),
    );
    for (const group of near) groups.splice(groups.indexOf(group), 1);
    groups.push([...near.flat(), each]);
  }
  return groups;
}
