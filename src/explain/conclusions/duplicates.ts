/** Messages that are somewhere twice: the attempt, or the redelivery, that made them so. */
import { counted } from '../../counted.ts';
import { type Case, type Conclude, cite, faultsIn, groupText, instant, joined } from '../case.ts';
import { type EventOf, eventsOf } from '../life.ts';

export const stored: Conclude = (of) => {
  const copies = copiesOf(of);
  const [first, second] = copies;
  if (first === undefined || second === undefined) {
    return {
      sentence: 'Stored twice, as the audit found; the journals as they are now show fewer than two positions of it.',
      certainty: 'unknown',
      by: ['findings.ndjson'],
    };
  }
  const where = copies.map(({ partition, position }) => `${position} of partition ${partition}`).join(' and ');
  const by = [first, second].map(({ from }) => cite(from));
  if (second.sendAttempt === first.sendAttempt && first.sendAttempt > 0) {
    const once = `both copies carry attempt ${first.sendAttempt}, so it was stored twice behind the producer's one send`;
    return { sentence: `Stored twice, at positions ${where}: ${once}.`, certainty: 'proved', by };
  }
  const earlier = eventsOf(of.events, 'answered').find(({ attempt }) => attempt === first.sendAttempt);
  const sent = eventsOf(of.events, 'sent').find(({ attempt }) => attempt === second.sendAttempt);
  const answer =
    earlier === undefined
      ? `attempt ${first.sendAttempt} got no answer`
      : `attempt ${first.sendAttempt} ended as ${answerText(earlier)} and had been stored all the same`;
  const others = copies.slice(2).map(({ sendAttempt }) => `attempt ${sendAttempt}`);
  const retry = `attempt ${second.sendAttempt}${sent === undefined ? '' : ` at ${instant(sent.atNs)}`}`;
  const again = `${[retry, ...others].join(' and ')} stored it again`;
  const cited = [...(earlier === undefined ? [] : [cite(earlier.from)]), ...by];
  const when = earlier === undefined ? undefined : faultsIn(of, earlier.atNs);
  return {
    sentence: `Stored twice, at positions ${where}: ${joined(`${answer}, and ${again}`, when)}.`,
    certainty: first.sendAttempt === 0 || second.sendAttempt === 0 ? 'likely' : 'proved',
    by: cited,
  };
};

export const delivered: Conclude = (of, { group }) => {
  const receipts = eventsOf(of.events, 'received').filter((each) => group === undefined || each.group === group);
  const pair = repeatOf(receipts);
  if (pair === undefined) {
    return {
      sentence: 'Delivered twice, as the audit found; the journals as they are now show one delivery.',
      certainty: 'unknown',
      by: ['findings.ndjson'],
    };
  }
  const [first, again] = pair;
  const name = groupText(of, again.group);
  const flag = again.flags.includes('redelivered') ? ', which the broker flagged as a redelivery' : '';
  const repeat = `${again.by} got it again from the same position at ${instant(again.atNs)}${flag}`;
  const more = receipts.length > 2 ? `${counted(receipts.length, 'delivery', 'deliveries')} in all` : undefined;
  return {
    sentence: `Redelivered to ${name}: ${joined(`${first.by} received it at ${instant(first.atNs)}`, committed(of, first, again), repeat, faultsIn(of, first.atNs, again.atNs), more)}.`,
    certainty: 'proved',
    by: [cite(first.from), cite(again.from)],
  };
};

export const undecided: Conclude = (of, { group }) => {
  const receipts = eventsOf(of.events, 'received').filter((each) => group === undefined || each.group === group);
  const again = receipts.findLast((each) => receipts.some((other) => other !== each && other.try === each.try));
  const first = receipts.find((each) => each !== again && each.try === again?.try);
  if (first === undefined || again === undefined) {
    return {
      sentence: 'Received twice, as the audit found; the journals as they are now show no try of it twice.',
      certainty: 'unknown',
      by: ['findings.ndjson'],
    };
  }
  const twice = `${first.by} received it at ${instant(first.atNs)}, and ${again.by} at ${instant(again.atNs)}`;
  const own = again.try > 1 ? `both as try ${again.try}` : undefined;
  const attempts = [first, again].map(({ sendAttempt }) => sendAttempt);
  const sentAgain = first.sendAttempt !== again.sendAttempt && !attempts.includes(0);
  const why = sentAgain
    ? `they carry attempts ${attempts.join(' and ')}, so it was sent and stored again`
    : again.flags.includes('scheduled')
      ? 'a consumer may have moved it twice, or the broker delivered it twice: no position tells'
      : 'no positions tell whether it was stored or delivered again';
  return {
    sentence: `Received twice: ${joined(twice, own, why, faultsIn(of, first.atNs, again.atNs))}.`,
    certainty: sentAgain ? 'proved' : 'unknown',
    by: [cite(first.from), cite(again.from)],
  };
};

/** Places where it is stored, by the reader, or by receipts where nobody read; in the order of the attempts. */
function copiesOf({ events }: Case): (EventOf<'stored'> | EventOf<'received'>)[] {
  const read = eventsOf(events, 'stored');
  const all = read.length >= 2 ? read : [...read, ...eventsOf(events, 'received')];
  const places = new Map<string, EventOf<'stored'> | EventOf<'received'>>();
  for (const each of all) {
    if (each.position === undefined) continue;
    const place = `${each.partition} ${each.position}`;
    if (!places.has(place)) places.set(place, each);
  }
  return [...places.values()].sort((a, b) => a.sendAttempt - b.sendAttempt);
}

/** The last receipt, and the first before it from the same place. */
function repeatOf(receipts: readonly EventOf<'received'>[]) {
  for (const again of [...receipts].reverse()) {
    const first = receipts.find(
      (each) => each !== again && each.partition === again.partition && each.position === again.position,
    );
    if (first !== undefined && first.atNs <= again.atNs) return [first, again] as const;
  }
  return undefined;
}

/** Whether the first had been committed when it came again, and what became of its consumer. */
function committed({ events }: Case, first: EventOf<'received'>, again: EventOf<'received'>): string {
  const between = eventsOf(events, 'commit').filter(
    ({ by, group, atNs }) => by === first.by && group === first.group && atNs >= first.atNs && atNs <= again.atNs,
  );
  const end = eventsOf(events, 'ended').find(({ worker, atNs }) => worker === first.by && atNs <= again.atNs);
  const gone = end === undefined ? '' : `, and ${first.by} ended by ${end.signal} at ${instant(end.atNs)}`;
  const last = between.at(-1);
  if (last === undefined) return `it recorded no commit behind it${gone}`;
  if (last.step === 'confirmed') return `it had committed position ${last.position} at ${instant(last.atNs)}${gone}`;
  return `its commit at ${instant(last.atNs)} ${last.step === 'failed' ? 'failed' : 'has no recorded answer'}${gone}`;
}

function answerText({ outcome, reason }: EventOf<'answered'>): string {
  return reason === undefined ? outcome : `${outcome} (${reason})`;
}
