/** What foreign records are taken to be, as sentences: no record shows it. */
import { drainDoubt, type Records } from './join.ts';
import type { Side } from './record.ts';
import type { Source } from './source.ts';

export function assumptionsOf(records: Records): string[] {
  const { request, sent, received, effects } = records;
  const unanswered = sent.own('unanswered');
  return [
    request.acksOnly === true
      ? `${sent.name} holds acknowledgements alone: what was received and is not in it was sent, and its answer lost`
      : unanswered !== undefined
        ? `${unanswered}: what was received and is not in it was sent, and its answer lost`
        : `${sent.name} holds every send, also those without an answer (else say --acks-only): what is not in it is phantom`,
    drainDoubt(records) !== undefined
      ? `${drainDoubt(records)}: it is a part of what was received`
      : `${received.name} holds all that its groups received (else say --partial): what is not in it is lost or skipped`,
    ...(effects === undefined
      ? []
      : [`${effects.name} holds every effect: what was received and is not in it was not processed`]),
    ...[sent, received, effects].flatMap((source) => (source === undefined ? [] : assumedOf(source))),
    ...orderWord(records),
  ];
}

/** What a format is taken to say, and which lines were left out. */
function assumedOf<S extends Side>({ chosen, name, others }: Source<S>): string[] {
  const left = others === 1 ? '1 line' : `${others} lines`;
  return [
    ...(chosen.format.assumes?.[chosen.side] ?? []),
    ...(others > 0 && chosen.filtered
      ? [`--${chosen.side}: ${left} of ${name} ${others === 1 ? 'is' : 'are'} about something else, by --where`]
      : []),
  ];
}

function orderWord({ seen, received }: Records): string[] {
  if (seen.disorder() !== undefined || !received.sessionless) return [];
  return [
    `each file of ${received.name} is of one consumer, in the order of its receipts (else give each line its session)`,
  ];
}
