/**
 * The truth about a model, message by message with maps and sets, straight from the definitions of docs/audit.md.
 * Shares no code with the audit: where the two differ, one of them is wrong.
 */
import { deliveryFlags, type Event } from '../../../src/journal/event.ts';
import type { Model, ModelJournal } from './model.ts';
import { effectsTruth } from './oracle-effects.ts';
import { Redeliveries } from './oracle-redeliveries.ts';

type Of<K extends Event['kind']> = Extract<Event, { kind: K }>;

interface Attempt {
  partition: number;
  outcome?: string;
  ackPartition?: number;
  ackPosition?: number;
  outcomeNs?: number;
}

interface Truth {
  /** `class message group`, sorted; the group only where a line is per group. */
  lines: string[];
  counts: Record<string, number>;
}

const has = (flags: number, flag: number): boolean => (flags & flag) !== 0;

export function truthOf(model: Model): Truth {
  const lines: string[] = [];
  const counts: Record<string, number> = {};
  const count = (key: string, by = 1): void => {
    counts[key] = (counts[key] ?? 0) + by;
  };
  const whole = (journal: ModelJournal): boolean =>
    journal.closed || (journal.noted && model.runnerClosed) || journal.noted;
  const of = (role: string): ModelJournal[] => model.journals.filter((journal) => journal.role === role);
  const tops = new Map(of('producer').map((journal) => [journal.producer as number, topOf(journal)]));
  const isMember = (event: { producer: number; seq: number; flags?: number }): boolean =>
    !has(event.flags ?? 0, deliveryFlags.foreign | deliveryFlags.unidentified) &&
    event.seq < (tops.get(event.producer) ?? 0);

  // What was received, by group and message; and what the log holds.
  const comparable = (event: { position?: number; epoch?: number }): boolean =>
    model.positions === 'partition' && event.position !== undefined && (event.epoch ?? 0) < 254;
  const placeOf = (event: { partition: number; epoch?: number; position?: number }): string =>
    `${event.partition}/${event.epoch ?? '-'}/${event.position}`;
  const received = new Map<string, Of<'received'>[]>();
  const stored = new Map<string, Of<'stored'>[]>();
  const redeliveries = new Redeliveries(model);
  const phantoms = new Set<string>();
  const beyond = new Set<string>();
  const unidentified = new Set<string>();
  const acked = lastAckAt(model);
  /** What came without identity at the place of an ack, by who saw it and message. */
  const damaged = new Set<string>();
  const corrupt = new Set<string>();
  const misrouted = new Set<string>();
  const reordered = new Set<string>();
  const reorderedRetries = new Set<string>();
  let weakKill = false;
  const rosterComplete = model.runnerClosed;
  const sight = (event: Of<'received'> | Of<'stored'> | Of<'dead'>): boolean => {
    const name = `p${event.producer}#${event.seq}`;
    if (has(event.flags, deliveryFlags.unidentified)) {
      const its = event.kind === 'dead' ? undefined : acked(event);
      if (its === undefined)
        unidentified.add(
          event.position === undefined
            ? `one ${unidentified.size}`
            : `${event.kind === 'dead' ? `dead of ${event.group} ` : ''}${placeOf(event)}`,
        );
      else {
        corrupt.add(its);
        damaged.add(event.kind === 'received' ? `${event.group} ${its}` : `stored ${its}`);
      }
      return false;
    }
    if (has(event.flags, deliveryFlags.foreign)) {
      phantoms.add(`foreign ${name}`);
      return false;
    }
    if (!isMember(event)) {
      const journal = of('producer').find((each) => each.producer === event.producer);
      const sure = journal === undefined ? rosterComplete : whole(journal);
      (sure ? phantoms : beyond).add(name);
      return false;
    }
    if (event.kind === 'dead') return true;
    if (has(event.flags, deliveryFlags.corrupt)) corrupt.add(name);
    if (has(event.flags, deliveryFlags.misrouted)) misrouted.add(name);
    return true;
  };
  for (const journal of of('reader')) {
    for (const event of journal.events) {
      if (event.kind !== 'stored' || !sight(event)) continue;
      const name = `p${event.producer}#${event.seq}`;
      stored.set(name, [...(stored.get(name) ?? []), event]);
    }
  }
  for (const journal of of('dead-letters')) {
    for (const event of journal.events) if (event.kind === 'dead' && sight(event)) redeliveries.bury(event);
  }
  for (const journal of of('consumer')) {
    const marks = new Map<string, { epoch: number | undefined; seqs: Map<number, number> }>();
    for (const event of journal.events) {
      if (event.kind === 'assigned') marks.get(`${event.session}/${event.partition}`)?.seqs.clear();
      if ('group' in event && 'seq' in event && isMember(event)) redeliveries.fail(event);
      if (event.kind !== 'received') continue;
      count('deliveries');
      if (has(event.flags, deliveryFlags.weak) && !journal.closed) weakKill = true;
      if (!sight(event)) continue;
      const key = `${event.group} p${event.producer}#${event.seq}`;
      if (has(event.flags, deliveryFlags.scheduled)) {
        if (redeliveries.receive(event)) continue;
        count('extraDeliveries');
        if (has(event.flags, deliveryFlags.redelivered)) count('extraFlagged');
        continue;
      }
      const before = received.get(key) ?? [];
      received.set(key, [...before, event]);
      if (before.length > 0) {
        count('extraDeliveries');
        if (has(event.flags, deliveryFlags.redelivered)) count('extraFlagged');
      } else if (comparable(event) && !has(event.flags, deliveryFlags.redelivered)) {
        const where = `${event.session}/${event.partition}`;
        let mark = marks.get(where);
        if (mark === undefined || mark.epoch !== event.epoch) {
          mark = { epoch: event.epoch, seqs: new Map() };
          marks.set(where, mark);
        }
        if (event.seq < (mark.seqs.get(event.producer) ?? -1)) {
          (event.sendAttempt > 1 ? reorderedRetries : reordered).add(key);
        } else mark.seqs.set(event.producer, event.seq);
      }
    }
  }

  // What the records can carry.
  const reads = new Map<number, Of<'read'>>();
  for (const journal of of('reader')) {
    for (const event of journal.events) {
      if (event.kind !== 'read') continue;
      const { partition, complete } = event.detail;
      reads.set(partition, { ...event, detail: { ...event.detail, complete: complete && whole(journal) } });
    }
  }
  const hasReader = of('reader').length > 0;
  const readComplete = Array.from({ length: model.partitions }, (_, partition) => reads.get(partition)).every(
    (read) => read?.detail.complete === true,
  );
  const receiptsWhole = model.runnerClosed && [...of('consumer'), ...of('dead-letters')].every(whole) && !weakKill;
  const trusted = receiptsWhole && (!hasReader || readComplete);
  const step = (name: string, group?: number): boolean => {
    const found = model.runner.filter(
      (event): event is Of<'drain'> =>
        event.kind === 'drain' && event.step === name && (group === undefined || event.detail.group === group),
    );
    return found.at(-1)?.ok === true;
  };
  const steps = ['settled', 'healed', 'probed', 'renewed'].every((name) => step(name));
  const drained = model.groups.map(
    (_, group) => trusted && steps && step('drained', group) && !redeliveries.unread(group),
  );
  const allDrained = drained.length > 0 && drained.every((each) => each);

  const reached = (key: string): boolean =>
    received.has(key) || redeliveries.dead.has(key) || redeliveries.again.has(key) || damaged.has(key);

  // Each message by itself.
  for (const journal of of('producer')) {
    for (const [seq, attempts] of attemptsOf(journal)) {
      const name = `p${journal.producer}#${seq}`;
      const got = model.groups.map((_, group) => reached(`${group} ${name}`));
      const inLog = stored.has(name) || damaged.has(`stored ${name}`);
      const any = model.groups.length > 0 ? got.some((each) => each) : inLog;
      const all = model.groups.length > 0 ? got.every((each) => each) : inLog;
      const absent = hasReader && readComplete && !inLog && provable(attempts, reads);
      const outcomes = attempts.map((attempt) => attempt.outcome ?? 'unknown');
      count('attempted');
      const line = (name_: string, key: string, group = ''): void => {
        count(key);
        lines.push(`${name_} ${name} ${group}`.trim());
      };
      if (outcomes.includes('acked')) {
        count('acked');
        const aged = attempts.some((attempt) => attempt.outcome === 'acked' && mayHaveAged(attempt, reads));
        const lost = !any && (absent || (allDrained && !inLog && !aged));
        const missed = got.flatMap((each, group) => (!each && drained[group] === true ? [group] : []));
        const unproven = got.flatMap((each, group) => (each ? [] : [group]));
        if (any && absent) line('rolled-back', 'rolledBack');
        if (lost) {
          line('lost', 'lost');
          count(absent ? 'lostProved' : 'lostUnproved');
        } else if (missed.length > 0 && (inLog || (any && !aged))) {
          count('skipped');
          for (const group of missed) lines.push(`skipped ${name} ${model.groups[group]}`);
        } else if (!all) {
          if (aged && !inLog) count('aged');
          line('unseen', 'unseen', unproven.length === 1 ? model.groups[unproven[0] as number] : '');
        } else {
          count('ackedDelivered');
        }
        continue;
      }
      const degraded = outcomes.includes('degraded');
      const rejected = !degraded && outcomes.every((each) => each === 'rejected') && whole(journal);
      count(degraded ? 'degraded' : rejected ? 'rejected' : 'unknown');
      if (rejected && (any || inLog)) line('contradicted', 'contradicted');
      else if (any || (inLog && allDrained)) {
        if (degraded) count('degradedDelivered');
        else line('recovered', 'recovered');
      } else if (!allDrained) line('pending', 'pending');
      else if (degraded) line('degraded-lost', 'degradedLost');
      else {
        line('undelivered', 'undelivered');
        const last = attempts.at(-1)?.outcome;
        if (last === 'rejected' || last === 'unknown') count('undeliveredTold');
        else if (last === 'sent' || journal.closed) line('undelivered-silent', 'undeliveredSilent');
        else count('undeliveredDied');
      }
    }
  }

  // Duplicates: by the set of places, whatever the order.
  const twice = { stored: new Set<string>(), delivered: new Set<string>(), undecided: new Set<string>() };
  const places = (events: readonly { partition: number; epoch?: number; position?: number }[]) =>
    events.filter(comparable).map(placeOf);
  for (const [name, events] of stored) if (new Set(places(events)).size > 1) twice.stored.add(name);
  for (const [key, events] of received) {
    const known = places(events);
    const name = key.slice(key.indexOf(' ') + 1);
    if (new Set(known).size > 1) twice.stored.add(name);
    if (new Set(known).size < known.length) twice.delivered.add(key);
    const flagged = events.filter((event) => has(event.flags, deliveryFlags.redelivered)).length;
    if (model.positions === 'none') {
      // Only the broker's flag tells: a flagged receipt repeats another one; two that are not flagged may be two copies.
      if (flagged > 0 && events.length > 1) twice.delivered.add(key);
      if (events.length - flagged > 1) twice.undecided.add(key);
    } else if (known.length < events.length && events.length > 1) twice.undecided.add(key);
  }
  for (const key of redeliveries.repeated) twice.undecided.add(key);
  const label = (key: string): string => {
    const [group, name] = key.split(' ');
    return `${name} ${model.groups[Number(group)]}`;
  };
  const messages = (keys: Set<string>): number => new Set([...keys].map((key) => key.split(' ')[1])).size;
  lines.push(...[...twice.stored].map((name) => `duplicate-stored ${name}`));
  lines.push(...[...twice.delivered].map((key) => `duplicate-delivered ${label(key)}`));
  lines.push(...[...twice.undecided].map((key) => `duplicate-undecided ${label(key)}`));
  lines.push(...[...reordered].map((key) => `reordered ${label(key)}`));
  lines.push(...[...corrupt].map((name) => `corrupt ${name}`), ...[...misrouted].map((name) => `misrouted ${name}`));
  lines.push(...[...unidentified].map(() => 'corrupt undefined'));
  lines.push(...[...phantoms].map((name) => `phantom ${foreignName(name)}`));
  count('duplicateStored', twice.stored.size);
  count('duplicateDelivered', messages(twice.delivered));
  count('duplicateUndecided', messages(twice.undecided));
  count('reordered', messages(reordered));
  count('reorderedRetries', messages(reorderedRetries));
  count('corrupt', corrupt.size + unidentified.size);
  count('unidentified', unidentified.size);
  count('misrouted', misrouted.size);
  count('phantom', phantoms.size);
  count('beyond', beyond.size);
  lines.push(...[...redeliveries.over].map((key) => `over-retried ${label(key)}`));
  count('overRetried', messages(redeliveries.over));
  count('redeliveries', redeliveries.receipts);
  count('deadLetters', redeliveries.dead.size);
  const effects = effectsTruth(model, {
    received: new Set([...received.keys(), ...redeliveries.dead, ...redeliveries.again]),
    damaged,
    firstTry: (key) => received.has(key),
    redeliveries,
    isMember,
    drained,
    surelyUnsent: (producer) => {
      const journal = of('producer').find((each) => each.producer === producer);
      return journal === undefined ? rosterComplete : whole(journal);
    },
    receiptsWhole,
  });
  lines.push(...effects.lines);
  return { lines: lines.sort(), counts: { ...counts, ...effects.counts } };
}

/** The message that was last acked where something stands. */
function lastAckAt(
  model: Model,
): (found: { partition: number; position?: number; epoch?: number }) => string | undefined {
  const acks = model.journals.flatMap(({ role, events }) => (role === 'producer' ? events : []));
  return ({ partition, position, epoch }) => {
    if (model.positions !== 'partition' || position === undefined) return undefined;
    const here = acks.filter(
      (event): event is Of<'outcome'> =>
        event.kind === 'outcome' &&
        (event.outcome === 'acked' || event.outcome === 'degraded') &&
        event.partition === partition &&
        event.position === position &&
        (event.epoch === epoch ? (epoch ?? 0) < 254 : event.epoch === undefined || epoch === undefined),
    );
    const last = here.sort((one, other) => other.atNs - one.atNs)[0];
    return last === undefined ? undefined : `p${last.producer}#${last.seq}`;
  };
}

function mayHaveAged({ ackPartition, ackPosition }: Attempt, reads: Map<number, Of<'read'>>): boolean {
  if (ackPartition === undefined) return [...reads.values()].some(({ detail }) => detail.from > 0);
  const from = reads.get(ackPartition)?.detail.from ?? 0;
  return from > 0 && (ackPosition === undefined || ackPosition < from);
}

function foreignName(name: string): string {
  return name.startsWith('foreign ') ? `${name.slice(9)} of another run` : name;
}

function topOf(journal: ModelJournal): number {
  return attemptsOf(journal).size;
}

function attemptsOf(journal: ModelJournal): Map<number, Attempt[]> {
  const messages = new Map<number, Attempt[]>();
  for (const event of journal.events) {
    if (event.kind === 'intended') {
      messages.set(event.seq, [...(messages.get(event.seq) ?? []), { partition: event.partition }]);
    }
    const last = event.kind === 'outcome' ? messages.get(event.seq)?.at(-1) : undefined;
    if (event.kind !== 'outcome' || last === undefined) continue;
    last.outcome = event.outcome;
    last.outcomeNs = event.atNs;
    if (event.partition !== undefined) last.ackPartition = event.partition;
    if (event.position !== undefined) last.ackPosition = event.position;
  }
  return messages;
}

/** Every partition that it was sent to was read from 0 after its ack; or, sent once, at or after `from`. */
function provable(attempts: Attempt[], reads: Map<number, Of<'read'>>): boolean {
  const from = (partition: number): number => reads.get(partition)?.detail.from ?? 0;
  const ack = attempts.find((attempt) => attempt.outcome === 'acked');
  if (ack?.ackPartition !== undefined) {
    const place = ack.ackPartition;
    if ((ack.outcomeNs ?? 0) > (reads.get(place)?.atNs ?? 0)) return false;
    const kept = from(place) === 0 || (ack.ackPosition !== undefined && ack.ackPosition >= from(place));
    if (!kept || attempts.length === 1) return kept;
  } else if (ack !== undefined && [...reads.values()].some(({ atNs }) => (ack.outcomeNs ?? 0) > atNs)) return false;
  return attempts.every(({ partition }) => from(partition) === 0);
}
