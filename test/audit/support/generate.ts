/** Small histories in which anything may go wrong, from a seed. They need not be physically possible, only writable. */
import { deliveryFlags, type Event, type EventBody, none16 } from '../../../src/journal/event.ts';
import { generateEffects } from './generate-effects.ts';
import { generateOutages } from './generate-outages.ts';
import { generateRedeliveries } from './generate-redeliveries.ts';
import { at, type Model, type ModelJournal } from './model.ts';

export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  chance(p: number): boolean {
    return this.next() < p;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

interface Copy {
  producer: number;
  seq: number;
  partition: number;
  position?: number;
  epoch?: number;
}

/** `health` is the chance that each single thing goes well: 1 makes a clean run. */
export function generate(seed: number, health = new Random(seed).pick([0.5, 0.8, 0.95, 0.99])): Model {
  const random = new Random(seed);
  const bad = (): boolean => !random.chance(health);
  const partitions = 1 + random.below(3);
  const groups = ['a', 'b', 'c'].slice(0, bad() ? random.below(4) : 1 + random.below(2));
  const positions = random.chance(0.85) ? 'partition' : 'none';
  const epochs = random.pick<'none' | 'some' | 'high'>(['none', 'some', 'some', 'high']);
  const next = new Map<string, number>();
  const newCopy = (producer: number, seq: number, partition: number): Copy => {
    const epoch = epochs === 'none' ? undefined : (epochs === 'high' ? 253 : 0) + random.below(bad() ? 4 : 1);
    const stored = epoch === undefined ? 'x' : String(Math.min(epoch, 254));
    const position = next.get(`${partition} ${stored}`) ?? 0;
    next.set(`${partition} ${stored}`, position + 1);
    const known = positions === 'partition' && !(random.chance(0.1) && bad());
    return { producer, seq, partition, ...(known ? { position } : {}), ...(epoch === undefined ? {} : { epoch }) };
  };

  const copies: Copy[] = [];
  const journals: ModelJournal[] = [];
  const end = () => ({ closed: !bad(), noted: !(bad() && bad()) });
  for (let producer = 1; producer <= 1 + random.below(3); producer += 1) {
    const events = sends(random, bad, producer, partitions, newCopy, copies);
    journals.push({ name: `p${producer}`, role: 'producer', producer, events, ...end() });
  }
  const consumers = deliveries(random, bad, groups, partitions, copies);
  // a stream of its own: histories with and without effects are otherwise the same
  const fate = new Random(seed ^ 0x0effec75);
  const effects = fate.chance(0.6)
    ? generateEffects(fate, () => !fate.chance(health), groups, copies, consumers.length)
    : undefined;
  const turns = new Random(seed ^ 0x0de11fe7);
  const again = turns.chance(0.5)
    ? generateRedeliveries(turns, () => !turns.chance(health), groups, copies, consumers.length)
    : undefined;
  const outside = new Random(seed ^ 0x00570e5);
  const outages = (): Event[] => (outside.chance(0.3) && outside.chance(1 - health) ? generateOutages(outside) : []);
  for (const [index, received] of consumers.entries()) {
    const processed = [...(again?.processed[index] ?? []), ...(effects?.processed[index] ?? [])];
    const events = [...received, ...processed, ...outages()];
    journals.push({ name: `c${index}`, role: 'consumer', events, ...end() });
  }
  if (effects !== undefined) journals.push(effects.journal);
  if (again?.journal !== undefined) journals.push(again.journal);
  if (random.chance(0.7)) {
    journals.push({ name: 'reader', role: 'reader', events: reads(random, bad, partitions, copies), ...end() });
  }
  return {
    partitions,
    groups,
    positions,
    redelivery: again?.settings,
    journals,
    runner: [...drains(random, bad, groups), ...(effects?.drains ?? []), ...(again?.drains ?? []), ...outages()],
    runnerClosed: !(bad() && bad()),
  };
}

function sends(
  random: Random,
  bad: () => boolean,
  producer: number,
  partitions: number,
  newCopy: (producer: number, seq: number, partition: number) => Copy,
  copies: Copy[],
): Event[] {
  const total = random.chance(0.1) ? 30 + random.below(40) : random.below(10);
  const events: Event[] = [];
  let now = 0;
  const push = (body: EventBody): void => {
    now += random.below(20_000_000);
    events.push(at(now, body));
  };
  const active: { seq: number; attempt: number; partition: number; open: boolean }[] = [];
  let started = 0;
  while (started < total || active.length > 0) {
    if (started < total && (active.length === 0 || random.chance(0.5))) {
      const partition = random.below(partitions);
      push({ kind: 'intended', producer, seq: started, attempt: 1, partition, sizeBytes: 10 });
      active.push({ seq: started, attempt: 1, partition, open: true });
      started += 1;
      continue;
    }
    const index = random.below(active.length);
    const message = active[index] as (typeof active)[number];
    const { seq, attempt, partition } = message;
    if (message.open) {
      const outcome = bad() ? random.pick(['degraded', 'rejected', 'unknown', 'sent', 'none'] as const) : 'acked';
      message.open = false;
      const lands =
        outcome === 'acked' || outcome === 'degraded'
          ? !bad()
          : outcome === 'rejected'
            ? bad() && bad()
            : random.chance(0.5);
      const landed = lands ? newCopy(producer, seq, partition) : undefined;
      if (landed !== undefined) copies.push(landed);
      if (landed !== undefined && bad()) copies.push(newCopy(producer, seq, random.below(partitions)));
      if (outcome === 'acked' || outcome === 'degraded') {
        const place = landed ?? newCopy(producer, seq, partition);
        const told = random.chance(0.9)
          ? { partition, ...(place.position === undefined ? {} : { position: place.position }) }
          : {};
        push({ kind: 'outcome', producer, seq, outcome, attempt, latencyUs: 10, ...told });
      } else if (outcome !== 'none') {
        push({ kind: 'outcome', producer, seq, outcome, attempt, latencyUs: 10 });
      }
      if (outcome === 'acked') active.splice(index, 1);
    } else if (attempt < 3 && random.chance(0.6)) {
      const to = random.chance(0.7) ? partition : random.below(partitions);
      push({ kind: 'intended', producer, seq, attempt: attempt + 1, partition: to, sizeBytes: 10 });
      active[index] = { seq, attempt: attempt + 1, partition: to, open: true };
    } else {
      active.splice(index, 1);
    }
  }
  return events;
}

function deliveries(
  random: Random,
  bad: () => boolean,
  groups: readonly string[],
  partitions: number,
  copies: readonly Copy[],
): Event[][] {
  const files: Event[][] = Array.from({ length: 1 + random.below(3) }, () => []);
  const push = (file: number, body: EventBody): void => {
    const events = files[file] as Event[];
    events.push(at(1e9 + events.length * 1000, body));
  };
  const receive = (copy: Copy, group: number, flags: number, file = random.below(files.length)): void => {
    const session = file * 8 + random.below(2);
    if (bad()) {
      const assignment = random.pick(['assigned', 'revoked'] as const);
      push(file, { kind: 'assigned', assignment, group, session, partition: random.below(partitions) });
    }
    push(file, {
      kind: 'received',
      ...copy,
      flags,
      sendAttempt: bad() ? 2 : 1,
      latencyUs: 64,
      group,
      session,
      attempt: 1,
    });
  };
  for (const [group] of groups.entries()) {
    const order = copies.map((copy) => ({ copy, rank: bad() ? random.next() : copies.indexOf(copy) / copies.length }));
    for (const { copy } of order.sort((one, two) => one.rank - two.rank)) {
      if (bad() && bad()) {
        const { producer, seq } = copy;
        push(random.below(files.length), { kind: 'deadLettered', producer, seq, group, session: 1, attempt: 3 });
      }
      if (bad()) continue;
      if (bad() && bad()) receive({ ...copy, ...nobody }, group, deliveryFlags.unidentified);
      else receive(copy, group, oddFlags(bad));
      while (bad()) receive(copy, group, oddFlags(bad) | (random.chance(0.5) ? deliveryFlags.redelivered : 0));
    }
    strangers(random, bad, (copy, flags) => receive(copy, group, flags));
  }
  return files;
}

function strangers(random: Random, bad: () => boolean, receive: (copy: Copy, flags: number) => void): void {
  const place = () => ({ partition: 0, position: 1e6 + random.below(50), epoch: 3 });
  if (bad()) receive({ producer: 1, seq: 100 + random.below(5), ...place() }, 0);
  if (bad()) receive({ producer: 1, seq: 2 ** 31 + random.below(3), ...place() }, 0);
  if (bad()) receive({ producer: 77, seq: random.below(3), ...place() }, 0);
  if (bad()) receive({ producer: 1, seq: random.below(3), ...place() }, deliveryFlags.foreign);
  if (bad()) receive({ producer: 1, seq: 0, ...place() }, deliveryFlags.unidentified | deliveryFlags.corrupt);
}

/** What a delivery without identity is of. */
const nobody = { producer: none16, seq: 0 };

function oddFlags(bad: () => boolean): number {
  const flags = (bad() ? deliveryFlags.corrupt : 0) | (bad() ? deliveryFlags.misrouted : 0);
  return flags | (bad() && bad() ? deliveryFlags.weak : 0);
}

function reads(random: Random, bad: () => boolean, partitions: number, copies: readonly Copy[]): Event[] {
  const events: Event[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const from = bad() ? random.below(6) : 0;
    const atNs = bad() ? 1e8 : 2e9;
    for (const copy of copies.filter((each) => each.partition === partition)) {
      const aged = copy.position !== undefined && copy.position < from;
      if (aged || bad()) continue;
      const stored = { ...copy, flags: oddFlags(bad) & ~deliveryFlags.weak, sendAttempt: 1, latencyUs: 0 };
      const damaged = bad() && bad() ? { ...nobody, flags: deliveryFlags.unidentified } : {};
      events.push(at(atNs, { kind: 'stored', ...stored, ...damaged }));
      if (bad() && bad()) events.push(at(atNs, { kind: 'stored', ...stored }));
    }
    if (bad() && bad()) continue;
    events.push(at(atNs, { kind: 'read', detail: { partition, from, to: 1000, complete: !bad() } }));
  }
  return events;
}

function drains(random: Random, bad: () => boolean, groups: readonly string[]): Event[] {
  const events: Event[] = [];
  let now = -1e8; // the fault meets whatever is sent
  const push = (body: EventBody): void => {
    now += 1e8;
    events.push(at(now, body));
  };
  const targets = bad() ? random.pick([['c1'], ['p1'], ['store'], ['c1', 'b1']]) : ['b1'];
  const detail = { id: 'f1', do: 'kill', targets };
  for (const step of ['injecting', 'injected', 'healing', 'healed'] as const) {
    if (!(bad() && bad())) push({ kind: 'fault', step, fault: 1, detail });
  }
  for (const step of ['settled', 'healed', 'probed', 'renewed'] as const) {
    if (!(bad() && bad())) push({ kind: 'drain', step, ok: !(bad() && bad()), detail: {} });
  }
  for (const [group] of groups.entries()) {
    if (!(bad() && bad()))
      push({ kind: 'drain', step: 'drained', ok: !bad() || random.chance(0.5), detail: { group } });
  }
  return events;
}
