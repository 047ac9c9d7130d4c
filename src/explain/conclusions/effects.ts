/** What processing did, or did not do. */
import { counted } from '../../counted.ts';
import { type Case, type Conclude, cite, faultsIn, groupText, instant, joined } from '../case.ts';
import { type EventOf, eventsOf } from '../life.ts';

export const duplicateEffect: Conclude = (of, { group = '' }) => {
  const held = eventsOf(of.events, 'held').find((each) => each.group === group);
  const applied = effectsOf(of, group, 'applied');
  const receipts = eventsOf(of.events, 'received').filter((each) => each.group === group);
  const by = [held, ...applied.slice(0, 2)].flatMap((each) => (each === undefined ? [] : [cite(each.from)]));
  const who = applied.map((each) => `${each.by} at ${instant(each.atNs)}`).join(' and ');
  const recorded =
    applied.length === 0 ? 'no consumer recorded that it applied it' : `applied by ${who}, as the consumers recorded`;
  const times = held === undefined ? 'more than once' : counted(held.count, 'time');
  const received = `${groupText(of, group)} received it ${counted(receipts.length, 'time')}`;
  const second = applied[1] ?? receipts[1];
  const when = second === undefined ? undefined : faultsIn(of, second.atNs);
  return {
    sentence: `Its effect is in the store ${times}: ${joined(recorded, received, when)}.`,
    certainty: held === undefined ? 'unknown' : 'proved',
    by,
  };
};

export const unprocessed: Conclude = (of, { group = '' }) => {
  const own = <T extends { readonly group: string }>(each: T): boolean => each.group === group;
  const receipt = eventsOf(of.events, 'received').filter(own)[0];
  const failures = eventsOf(of.events, 'failed').filter(own);
  const commit = eventsOf(of.events, 'commit').filter(own)[0];
  const end = eventsOf(of.events, 'ended').find(({ worker }) => worker === receipt?.by);
  const received = receipt === undefined ? undefined : `${receipt.by} received it at ${instant(receipt.atNs)}`;
  const acked =
    commit === undefined
      ? 'no commit behind it is recorded'
      : `its commit was ${commit.step} at ${instant(commit.atNs)}`;
  const failed = failures.length === 0 ? undefined : `${counted(failures.length, 'try', 'tries')} failed`;
  const gone = end === undefined ? undefined : `${end.worker} ended by ${end.signal} at ${instant(end.atNs)}`;
  return {
    sentence: `Received by ${groupText(of, group)}, and without effect: ${joined(received, failed, acked, gone)}.`,
    certainty: 'proved',
    by: [receipt, commit].flatMap((each) => (each === undefined ? [] : [cite(each.from)])),
  };
};

export const deadLetterLost: Conclude = (of, finding) => {
  const { group = '' } = finding;
  const said = eventsOf(of.events, 'dead-lettered').find((each) => each.group === group);
  const last = eventsOf(of.events, 'failed').findLast((each) => each.group === group);
  const failed = last === undefined ? 'a try failed' : `try ${last.try} failed at ${instant(last.atNs)}`;
  const put =
    said === undefined
      ? 'no consumer recorded that it moved it to the dead letters'
      : `${said.by} recorded at ${instant(said.atNs)} that it was moved there`;
  return {
    sentence: `In no dead letter topic and without effect: ${joined(failed, put, 'the topic was read to its end without it')}.`,
    certainty: 'proved',
    by: [last, said].flatMap((each) => (each === undefined ? [] : [cite(each.from)])),
  };
};

export const overRetried: Conclude = (of, { group = '' }) => {
  const tries = eventsOf(of.events, 'received').filter((each) => each.group === group);
  const most = tries.reduce<EventOf<'received'> | undefined>(
    (a, b) => (a === undefined || b.try > a.try ? b : a),
    undefined,
  );
  if (most === undefined)
    return {
      sentence: 'Tried more often than allowed, as the audit found.',
      certainty: 'unknown',
      by: ['findings.ndjson'],
    };
  return {
    sentence: `Tried more often than allowed: ${most.by} received try ${most.try} for ${groupText(of, group)} at ${instant(most.atNs)}.`,
    certainty: 'proved',
    by: [cite(most.from)],
  };
};

export const staleOverwrite: Conclude = (of, { group = '', by = 'an older message' }) => {
  const applied = effectsOf(of, group, 'applied')[0];
  const when =
    applied === undefined ? undefined : `${applied.by} recorded at ${instant(applied.atNs)} that it was applied`;
  return {
    sentence: `Overwritten by ${by}, which is older and stands in the store under their key: ${joined(when ?? 'the store was read at the end')}.`,
    certainty: 'proved',
    by: ['effects.journal', ...(applied === undefined ? [] : [cite(applied.from)])],
  };
};

export const phantomEffect: Conclude = (of, { group = '' }) => {
  const held = eventsOf(of.events, 'held').find((each) => each.group === group);
  return {
    sentence: `The store holds an effect of it, and no consumer of ${groupText(of, group)} recorded that it received it.`,
    certainty: 'proved',
    by: held === undefined ? ['effects.journal'] : [cite(held.from)],
  };
};

function effectsOf({ events }: Case, group: string, effect: 'applied' | 'absorbed'): EventOf<'effect'>[] {
  return eventsOf(events, 'effect').filter((each) => each.group === group && each.effect === effect);
}
