/** Deliveries that are wrong in themselves. */
import { ackOf, type Case, type Conclude, cite, groupText, instant, joined, placeText } from '../case.ts';
import { type EventOf, eventsOf } from '../life.ts';

type Delivery = EventOf<'received'> | EventOf<'stored'>;

export const phantom: Conclude = (of) => {
  const seen = firstOf(of);
  const foreign = seen?.flags.includes('foreign') === true;
  const why = foreign
    ? 'it carries the mark of another run'
    : 'no attempt of it is in the journal of its producer, which is whole';
  return told('Delivered, and never sent', seen, [why]);
};

export const corrupt: Conclude = (of) => {
  const seen = firstOf(of, 'corrupt');
  const good = deliveriesOf(of).find(({ flags }) => !flags.includes('corrupt'));
  const other = good === undefined ? undefined : `${good.by} has it whole, at ${instant(good.atNs)}`;
  return told('Damaged: the checksum of its body does not fit', seen, [other]);
};

export const misrouted: Conclude = (of) => {
  const seen = firstOf(of, 'misrouted');
  const sent = eventsOf(of.events, 'sent').find(({ attempt }) => attempt === seen?.sendAttempt);
  const to = sent?.partition === undefined ? undefined : `it was sent to partition ${sent.partition}`;
  return told('In the wrong partition', seen, [to]);
};

export const reordered: Conclude = (of, { group }) => {
  const seen = eventsOf(of.events, 'received').find((each) => group === undefined || each.group === group);
  const ack = ackOf(of);
  const acked = ack === undefined ? undefined : `it was sent once and acknowledged at ${instant(ack.atNs)}`;
  const late = 'its consumer had received a later message of the same producer and partition before';
  return told('Out of order', seen, [late, acked]);
};

/** Nothing is wrong with it. */
export function fine(of: Case): ReturnType<Conclude> {
  const ack = ackOf(of);
  const dead = eventsOf(of.events, 'dead')[0];
  const receipts = eventsOf(of.events, 'received');
  const groups = [...new Set(receipts.map(({ group }) => group))];
  const received = groups.map((group) => {
    const own = receipts.filter((each) => each.group === group);
    const times = own.length === 1 ? 'once' : `${own.length} times`;
    return `received by ${groupText(of, group)} ${times}, first at ${instant(own[0]?.atNs ?? 0)}`;
  });
  const acked = ack === undefined ? undefined : `${ack.outcome} ${placeText(ack)} at ${instant(ack.atNs)}`;
  const end =
    dead === undefined ? undefined : `in the dead letter topic of ${groupText(of, dead.group)} after try ${dead.try}`;
  const by = [ack, receipts[0], dead].flatMap((each) => (each === undefined ? [] : [cite(each.from)]));
  if (by.length === 0) {
    return { sentence: 'Nothing but attempts to send it is recorded.', certainty: 'unknown', by };
  }
  const audited = of.findings === null ? 'what it amounts to is for an audit to say' : undefined;
  const sentence = `${capital(joined(acked ?? 'not acknowledged', ...(received.length === 0 ? ['no receipt of it is recorded'] : received), end, audited))}.`;
  return { sentence, certainty: of.findings === null ? 'unknown' : 'proved', by };
}

function told(what: string, seen: Delivery | undefined, more: readonly (string | undefined)[]): ReturnType<Conclude> {
  if (seen === undefined) {
    return { sentence: `${what}, as the audit found.`, certainty: 'unknown', by: ['findings.ndjson'] };
  }
  const got = `${seen.by} ${seen.what === 'stored' ? 'read' : 'received'} it ${placeText(seen)} at ${instant(seen.atNs)}`;
  return { sentence: `${what}: ${joined(got, ...more)}.`, certainty: 'proved', by: [cite(seen.from)] };
}

function deliveriesOf({ events }: Case): Delivery[] {
  return [...eventsOf(events, 'received'), ...eventsOf(events, 'stored')];
}

function firstOf(of: Case, flag?: string): Delivery | undefined {
  return deliveriesOf(of).find(({ flags }) => flag === undefined || flags.includes(flag));
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
