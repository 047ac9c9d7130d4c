/** What foreign records are taken to be, as sentences: no record shows it. */
import { counted } from '../../counted.ts';
import type { SentIndex } from './index-of-sent.ts';
import { drainDoubt, type Records, windowsOf } from './join.ts';
import type { LogEvent, LogReport } from './log/log.ts';
import type { Side } from './record.ts';
import type { Source } from './source.ts';

/** @param strangers records of the log with ids that no line has. */
export function assumptionsOf(records: Records, strangers: SentIndex['strangers']): string[] {
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
    ...logWords(records, strangers),
  ];
}

/** What a log is taken to say, and what was left out of it. */
function logWords(records: Records, { beyond, within }: SentIndex['strangers']): string[] {
  const { request, log } = records;
  if (request.log === undefined || log === undefined) return [];
  const { name, identity } = request.log;
  const faults = windowsOf(records).filter(isFault).length;
  return [
    identity === undefined
      ? `${name} is what they were sent to: a record there is the message that was acknowledged at its place, or else received from it${idWord(log.report)}`
      : `${name} is what they were sent to: a record there is the message whose id is ${identity}`,
    ...(log.idless > 0 ? [`${counted(log.idless, 'record')} there without such an id: known by place alone`] : []),
    ...(beyond > 0
      ? [
          `${counted(beyond, 'record')} there with ids that no line has, before the first or after the last place that lines name: not of these messages`,
        ]
      : []),
    ...(within > 0
      ? [
          `${counted(within, 'record')} there with ids that no line has, where messages of other ids were acknowledged: whether it is those is not known`,
        ]
      : []),
    ...(faults > 0
      ? [
          `the clock of the records agrees with that of the machine of ${name}: which fault was in force when rests on it`,
        ]
      : []),
    ...(log.report.events.some(isFault) && !records.seen.sentTimed
      ? [`${records.sent.name} has lines without a time: no fault of ${name} can be laid beside them`]
      : []),
    ...log.report.remarks,
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

function idWord({ idHint }: LogReport): string {
  if (idHint === undefined) return ' (else say --cluster-id)';
  const { written, count, of } = idHint;
  return `; in ${count} of ${of} places the id is there as well: --cluster-id ${written} proves more`;
}

function isFault({ event }: Pick<LogEvent, 'event'>): boolean {
  return event.kind === 'fault';
}
