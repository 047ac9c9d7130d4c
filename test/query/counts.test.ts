/** Made-up runs in which anything goes wrong: what SQL counts is what the audit counts, and every event is a row. */
import { expect, test } from 'vitest';
import type { Counts } from '../../src/audit/audit.ts';
import { deliveryFlags, type Event, none16 } from '../../src/journal/event.ts';
import { generate } from '../audit/support/generate.ts';
import type { Model } from '../audit/support/model.ts';
import { AskedRun, type Row } from './support/asked.ts';

const seeds = Array.from({ length: 20 }, (_, seed) => seed);

/** A count of the record and the SQL that counts the same. */
const counted: Partial<Record<keyof Counts, string>> = {
  attempted: 'SELECT count(*) FROM messages',
  acked: "SELECT count(*) FROM messages WHERE outcome = 'acked'",
  degraded: "SELECT count(*) FROM messages WHERE outcome = 'degraded'",
  rejected: "SELECT count(*) FROM messages WHERE outcome = 'rejected'",
  unknown: "SELECT count(*) FROM messages WHERE outcome = 'unknown'",
  attempts: 'SELECT count(*) FROM sends',
  deliveries: 'SELECT count(*) FROM receipts',
  storedRecords: 'SELECT count(*) FROM stored',
  lost: "SELECT count(*) FROM findings WHERE class = 'lost'",
  lostProved: "SELECT count(*) FROM findings WHERE class = 'lost' AND proved",
  effectsApplied: "SELECT count(*) FROM processings WHERE result = 'applied'",
  effectsAbsorbed: "SELECT count(*) FROM processings WHERE result = 'absorbed'",
  processingFailed: "SELECT count(*) FROM processings WHERE result IN ('failed', 'store-away')",
};

test.each(seeds)('history %i: the counts are those of the audit, and each event is in a row', async (seed) => {
  const model = generate(seed);
  await using run = await AskedRun.of(model);
  const told: Row = {};
  for (const [name, sql] of Object.entries(counted)) Object.assign(told, { [name]: await run.value(sql) });
  const { counts } = run.audit ?? {};
  expect(told).toEqual(Object.fromEntries(Object.keys(counted).map((name) => [name, counts?.[name as keyof Counts]])));
  expect(sorted(await run.rows('FROM receipts'))).toEqual(sorted(receiptsIn(model)));
  const columns =
    'message, attempt, outcome, sent_at_ns, answered_at_ns, latency_us, size_bytes, "partition", position';
  expect(sorted(await run.rows(`SELECT ${columns} FROM sends`))).toEqual(sorted(attemptsIn(model)));
});

/** From the events themselves, in the plainest way. */
function receiptsIn({ journals, groups }: Model): Row[] {
  const names = new Map(journals.flatMap(({ producer, name }) => (producer === undefined ? [] : [[producer, name]])));
  const consumers = journals.filter(({ role }) => role === 'consumer');
  return consumers.flatMap(({ name, events }) =>
    events.flatMap((event, at): Row[] => {
      if (event.kind !== 'received') return [];
      const { producer, seq, flags, group, partition, position = null, epoch = null } = event;
      const stranger = (flags & (deliveryFlags.foreign | deliveryFlags.unidentified)) !== 0;
      const sender = names.get(producer) ?? `producer-${producer}`;
      const last = lastOf(events, at, event);
      const has = (flag: keyof typeof deliveryFlags): boolean => (flags & deliveryFlags[flag]) !== 0;
      return [
        {
          ...{ message: stranger ? null : `${sender}#${seq}`, producer: stranger ? null : sender },
          ...{ seq: stranger ? null : seq, consumer_group: groups[group] ?? null, consumer: name },
          ...{ session: event.session, try: event.attempt, send_attempt: event.sendAttempt, partition, position },
          ...{ epoch: epoch === null ? null : Math.min(epoch, 254) },
          ...{ received_at_s: event.atNs / 1e9, received_at_ns: event.atNs },
          ...{ latency_us: Math.floor(event.latencyUs / 16) * 16, redelivered: has('redelivered') },
          ...{ by_retry_topic: has('scheduled'), auto_acked: has('weak'), corrupt: has('corrupt') },
          ...{ misrouted: has('misrouted'), unidentified: has('unidentified'), of_another_run: has('foreign') },
          ...{
            result: last === undefined ? null : wordOf(last),
            result_at_s: last === undefined ? null : last.atNs / 1e9,
          },
          result_at_ns: last?.atNs ?? null,
        },
      ];
    }),
  );
}

type Received = Extract<Event, { kind: 'received' }>;

/** The last that was recorded of a receipt, before the same came again. */
function lastOf(events: readonly Event[], from: number, receipt: Received): Event | undefined {
  let last: Event | undefined;
  for (const event of events.slice(from + 1)) {
    if (!('seq' in event) || !('session' in event)) continue;
    const { producer, seq, group, session, attempt } = event;
    const same = producer === receipt.producer && seq === receipt.seq && group === receipt.group;
    if (!same || session !== receipt.session || attempt !== receipt.attempt) continue;
    if (event.kind === 'received') return last;
    last = event;
  }
  return last;
}

function wordOf(event: Event): string {
  switch (event.kind) {
    case 'effect':
      return event.effect;
    case 'processingFailed':
      return event.cause === 'store' ? 'store-away' : 'failed';
    case 'redeliveryScheduled':
      return 'redelivery-scheduled';
    case 'deadLettered':
      return 'dead-lettered';
    default:
      throw new Error(`${event.kind} tells nothing of a receipt`);
  }
}

function attemptsIn({ journals }: Model): Row[] {
  return journals.flatMap(({ role, name, events }) => {
    if (role !== 'producer') return [];
    const answered = new Set<Event>();
    const answerOf = (begun: Event & { seq: number; attempt: number }, from: number): Event | undefined => {
      const after = events.slice(from);
      const isOf = (each: Event): boolean =>
        (each.kind === 'outcome' || each.kind === 'intended') &&
        each.seq === begun.seq &&
        each.attempt === begun.attempt;
      const next = after.find((each) => isOf(each) && !answered.has(each));
      return next?.kind === 'outcome' ? next : undefined;
    };
    const row = (event: { seq: number; attempt: number }, begun: Event | undefined, answer: Event | undefined): Row => {
      const told = answer?.kind === 'outcome' ? answer : undefined;
      const sent = begun?.kind === 'intended' ? begun : undefined;
      const partition = told?.partition ?? (sent === undefined || sent.partition === none16 ? null : sent.partition);
      return {
        ...{ message: `${name}#${event.seq}`, attempt: event.attempt, outcome: told?.outcome ?? 'unknown' },
        ...{ sent_at_ns: sent?.atNs ?? null, answered_at_ns: told?.atNs ?? null, latency_us: told?.latencyUs ?? null },
        ...{ size_bytes: sent?.sizeBytes ?? null, partition, position: told?.position ?? null },
      };
    };
    return events.flatMap((event, at): Row[] => {
      if (event.kind === 'intended') {
        const answer = answerOf(event, at + 1);
        if (answer !== undefined) answered.add(answer);
        return [row(event, event, answer)];
      }
      return event.kind === 'outcome' && !answered.has(event) ? [row(event, undefined, event)] : [];
    });
  });
}

function sorted(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
