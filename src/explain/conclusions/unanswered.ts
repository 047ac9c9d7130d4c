/** Messages without an acknowledgement: why nobody knew, and what became of them. */
import { type Case, type Conclude, cite, faultsIn, instant, joined, placeText } from '../case.ts';
import { type EventOf, eventsOf } from '../life.ts';

export const recovered: Conclude = (of) => {
  const why = whyUnknown(of);
  const seen = eventsOf(of.events, 'received')[0] ?? eventsOf(of.events, 'stored')[0];
  const found =
    seen === undefined
      ? 'it was delivered'
      : `it was stored ${placeText(seen)}${seen.what === 'received' ? `, and ${seen.by} received it at ${instant(seen.atNs)}` : ', where the reader found it'}`;
  return {
    sentence: `Only the answer was missing: ${joined(why.text, why.when, `${found} all the same`)}.`,
    certainty: 'proved',
    by: [...why.by, ...(seen === undefined ? [] : [cite(seen.from)])],
  };
};

export const undelivered: Conclude = (of, finding) => {
  const why = whyUnknown(of);
  const told = finding.how === undefined ? undefined : tellings[finding.how];
  return {
    sentence: `Never delivered, and never acknowledged: ${joined(why.text, why.when, told)}.`,
    certainty: 'proved',
    by: [...why.by, 'the drain of every group'],
  };
};

export const pending: Conclude = (of) => {
  const why = whyUnknown(of);
  return {
    sentence: `Open: ${joined(why.text, why.when, 'nobody has received it, and it is not proven that nobody will')}.`,
    certainty: 'unknown',
    by: why.by,
  };
};

export const contradicted: Conclude = (of) => {
  const refusals = eventsOf(of.events, 'answered').filter(({ outcome }) => outcome === 'rejected');
  const seen = eventsOf(of.events, 'stored')[0] ?? eventsOf(of.events, 'received')[0];
  const carried = refusals.find(({ attempt }) => attempt === seen?.sendAttempt) ?? refusals[0];
  const answer = carried === undefined ? 'every attempt was rejected' : `${attemptText(carried)}`;
  const where = seen === undefined ? 'it was delivered' : `it is ${placeText(seen)}`;
  return {
    sentence: `Contradicted: ${answer}, and ${where}: a fault of the broker, or of the table that takes this answer for a refusal.`,
    certainty: 'proved',
    by: [carried, seen].flatMap((each) => (each === undefined ? [] : [cite(each.from)])),
  };
};

const tellings = {
  told: 'the application was told',
  silent: 'nobody was told',
  died: 'it died with its producer',
} as const;

/** The attempts and what came of them, in one half sentence. */
function whyUnknown(of: Case): { text: string; when: string | undefined; by: string[] } {
  const [disowned] = eventsOf(of.events, 'disowned');
  if (disowned !== undefined) {
    const text = `${disowned.by} contradicted its own answer at ${instant(disowned.atNs)}`;
    return { text, when: undefined, by: [cite(disowned.from)] };
  }
  const sent = eventsOf(of.events, 'sent');
  const answers = eventsOf(of.events, 'answered');
  const open = sent.find(({ attempt }) => answers.every((answer) => answer.attempt !== attempt));
  const unknown = answers.find(({ outcome }) => outcome === 'unknown' || outcome === 'sent');
  const told = unknown ?? answers.at(-1);
  if (told !== undefined && (open === undefined || unknown !== undefined)) {
    return { text: attemptText(told), when: faultsIn(of, told.atNs), by: [cite(told.from)] };
  }
  if (open === undefined) return { text: 'no attempt of it is recorded', when: undefined, by: [] };
  const end = of.producerEnd;
  const ends =
    end === undefined
      ? ''
      : `: ${end.journal} ends ${end.closed ? 'closed' : 'without its mark'} at ${instant(end.atNs)}`;
  const text = `attempt ${open.attempt} of ${open.by} at ${instant(open.atNs)} has no recorded outcome${ends}`;
  return { text, when: faultsIn(of, open.atNs), by: [cite(open.from)] };
}

function attemptText({ attempt, outcome, reason, atNs, latencyUs }: EventOf<'answered'>): string {
  const name = reason === undefined ? '' : ` (${reason})`;
  if (outcome === 'sent') return `attempt ${attempt} asked for no answer`;
  const after = `${Math.round(latencyUs / 1000)} ms`;
  return `attempt ${attempt} ended as ${outcome}${name} at ${instant(atNs)}, after ${after}`;
}
