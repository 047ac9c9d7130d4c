/** Records beside the log that held the messages: what it decides, by the ids in it or by places alone, and what it does not. */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { eventsIn } from '../../src/journal/import/log/windows.ts';
import type { ForeignLog, LogEvent, LogRecord } from '../../src/journal/import.ts';
import { Judging } from './support/judged.ts';

const judging = new Judging();
afterAll(() => judging[Symbol.dispose]());

/** `0/5 a`: at partition 0, position 5 stands a; `x 0/5 a` in topic x. */
function records(places: readonly string[]): LogRecord[] {
  return places.map((text) => {
    const [, topic, partition, position, id] = /^(?:(\w+) )?(\d+)\/(\d+)(?: (\S+))?$/.exec(text) ?? [];
    return { ...(topic === undefined ? {} : { topic }), partition: Number(partition), position: Number(position), id };
  });
}

/** A log of two partitions, read through. */
function log(
  places: readonly string[],
  more: Partial<ForeignLog> & { readonly events?: readonly LogEvent[] } = {},
): ForeignLog {
  const { events = [], ...own } = more;
  return {
    name: 'the log',
    read: async ({ topics }, onRecord) => {
      for (const record of records(places)) onRecord(record);
      const named =
        topics.length === 0 ? [{}] : topics.filter((topic) => topic !== 'absent').map((topic) => ({ topic }));
      const reads = named.flatMap((topic) =>
        [0, 1].map((partition) => ({ ...topic, partition, from: 0, to: 9, complete: true })),
      );
      return { reads, events, remarks: [] };
    },
    ...own,
  };
}

const byId = { identity: 'its key' };

/** `a acked 0/5`, `a unknown`. */
function sends(lines: readonly string[], more: object = {}): object[] {
  return lines.map((line) => {
    const [id, outcome, place] = line.split(' ');
    return { id, outcome, ...placeOf(place), ...more };
  });
}

function receipts(lines: readonly string[]): object[] {
  return lines.map((line) => {
    const [id, place] = line.split(' ');
    return { id, ...placeOf(place) };
  });
}

function placeOf(place: string | undefined): object {
  const [partition, position] = place?.split('/').map(Number) ?? [];
  return place === undefined ? {} : { partition, position };
}

async function judge(sent: readonly object[], received: readonly object[], of: ForeignLog, more: object = {}) {
  const files = { sent: judging.put('sent', sent), received: judging.put('received', received) };
  return judging.judge({ ...files, log: of, ...more });
}

describe('by place', () => {
  test('what was acknowledged where nothing stands is lost, proved; or taken back, if somebody received it', async () => {
    const sent = sends(['a acked 0/1', 'b acked 0/2', 'c acked 0/3']);
    const { lines, audit } = await judge(sent, receipts(['a 0/1', 'b 0/2']), log(['0/1']));
    expect(lines).toEqual(['lost c', 'rolled-back b']);
    expect(audit.counts).toMatchObject({ lostProved: 1, rolledBack: 1, storedRecords: 1 });
  });

  test('what stands there and was not received is skipped, not lost', async () => {
    const { lines } = await judge(sends(['a acked 0/1', 'b acked 0/2']), receipts(['a 0/1']), log(['0/1', '0/2']));
    expect(lines).toEqual(['skipped b']);
  });

  test('an attempt without an answer may stand anywhere: nothing is proved, whatever became of the others', async () => {
    const sent = sends(['a acked 0/1', 'b unknown', 'b acked 0/3', 'c acked']);
    const { audit } = await judge(sent, receipts(['a 0/1']), log(['0/1', '0/2']));
    expect(audit.counts).toMatchObject({ lost: 2, lostProved: 0 });
    const ordered = sent.map((each, at) => ({ ...each, producer: 'p', sequence: [0, 1, 1, 2][at] }));
    const { audit: inOrder } = await judge(ordered, receipts(['a 0/1']), log(['0/1', '0/2']));
    expect(inOrder.counts).toMatchObject({ attempts: 4, lost: 2, lostProved: 0 });
  });

  test('a rejected attempt stands nowhere', async () => {
    const sent = sends(['a acked 0/1', 'b rejected', 'b acked 0/3']);
    const { audit } = await judge(sent, receipts(['a 0/1']), log(['0/1']));
    expect(audit.counts).toMatchObject({ lost: 1, lostProved: 1 });
  });

  test('of two that were acknowledged at one place the later one stands there', async () => {
    const [a, b] = sends(['a acked 0/1', 'b acked 0/1']);
    const sent = [
      { ...a, time: '2026-01-01T00:00:00Z' },
      { ...b, time: '2026-01-01T00:00:01Z' },
    ];
    expect((await judge(sent, receipts(['b 0/1']), log(['0/1']))).lines).toEqual(['lost a']);
    expect((await judge(sent, receipts(['a 0/1', 'b 0/1']), log(['0/1']))).lines).toEqual(['rolled-back a']);
    // without times it is one of them, and nobody is accused by the log
    const { audit } = await judge(sends(['a acked 0/1', 'b acked 0/1']), receipts(['b 0/1']), log(['0/1']));
    expect(audit.counts).toMatchObject({ lost: 0, skipped: 1 });
  });

  test('records without any place are refused', async () => {
    const judged = judge(sends(['a acked']), receipts(['a']), log(['0/1']));
    await expect(judged).rejects.toMatchObject({ code: 'no-places', exitCode: 2 });
  });
});

describe('by id', () => {
  test('another message at its place proves that it is gone; its copy elsewhere, that it is not', async () => {
    const sent = sends(['a acked 0/1', 'b acked 0/2', 'c acked 0/3']);
    const { lines, audit } = await judge(
      sent,
      receipts(['c 0/3', 'c 0/3']),
      log(['0/1 c', '0/2 x', '0/3 c', '0/7 b'], byId),
      {
        acksOnly: true,
      },
    );
    expect(lines).toEqual(['duplicate-delivered c', 'duplicate-stored c', 'lost a', 'skipped b']);
    expect(audit.counts.lostProved).toBe(1);
  });

  test('an id that no line has, where a message was acknowledged, may be what its record calls it', async () => {
    const sent = sends(['a acked 0/1', 'b acked 0/2']);
    const { audit, records: imported } = await judge(
      sent,
      receipts(['a 0/1', 'b 0/2']),
      log(['0/1 a', '0/2 cust-9'], byId),
    );
    expect(audit.counts).toMatchObject({ lost: 0, rolledBack: 0, phantom: 0 });
    expect(imported.assumptions.join('\n')).toContain('1 record there with ids that no line has, where messages');
    expect((await judge(sent, receipts(['a 0/1']), log(['0/1 a', '0/2 cust-9'], byId))).audit.counts).toMatchObject({
      ...{ lost: 1, lostProved: 0, phantom: 0 },
    });
  });

  test('what was not answered is in the log, or is not', async () => {
    const sent = sends(['a acked 0/1', 'b unknown', 'c unknown']);
    const { lines, audit } = await judge(sent, receipts(['a 0/1']), log(['0/1 a', '0/2 b'], byId));
    expect(lines).toEqual(['recovered b', 'undelivered c']);
    expect(audit.verdict.value).toBe('pass');
  });

  test('an id that no line has is a phantom between the places that lines name, and none of theirs beyond', async () => {
    const sent = sends(['a acked 0/2', 'b acked 0/4']);
    const of = log(['0/1 old', '0/2 a', '0/3 odd', '0/4 b', '0/5 new', '1/0 other'], byId);
    const { lines, records: imported } = await judge(sent, receipts(['a 0/2', 'b 0/4']), of);
    expect(lines).toEqual(['phantom odd']);
    expect(imported.assumptions.join('\n')).toContain('3 records there with ids that no line has');
  });

  test('in another partition than it was sent to, it is misrouted', async () => {
    const { lines } = await judge(sends(['a acked 0/2']), receipts(['a 0/2']), log(['1/2 a'], byId));
    expect(lines).toEqual(['misrouted a']);
  });

  test('a record without an id counts by its place, and then nothing that may be it is proved to be gone', async () => {
    const sent = sends(['a acked 0/1', 'b acked 0/2', 'c acked']);
    const { audit } = await judge(sent, receipts(['a 0/1']), log(['0/1 a', '0/2'], byId));
    expect(audit.counts).toMatchObject({ lost: 1, lostProved: 0, skipped: 1 });
  });

  test('ids that no line has at all are the wrong ones', async () => {
    const judged = judge(sends(['a acked 0/1']), receipts(['a 0/1']), log(['0/1 k-1'], byId));
    await expect(judged).rejects.toMatchObject({
      code: 'no-such-id',
      message: expect.stringContaining('the first is "k-1"'),
    });
  });

  test('an empty log has lost everything', async () => {
    const { audit } = await judge(sends(['a acked 0/1']), receipts([]), log([], byId), { complete: false });
    expect(audit.counts).toMatchObject({ lost: 1, lostProved: 1 });
  });
});

describe('topics', () => {
  const topical = (lines: readonly string[], topic: string): object[] =>
    sends(lines).map((each) => ({ ...each, topic }));

  test('each is read, under its own name', async () => {
    const sent = [...topical(['a acked 0/1'], 'x'), ...topical(['b acked 0/1', 'c acked 1/1'], 'y')];
    const { found, audit } = await judge(sent, [], log(['x 0/1 a', 'y 1/1 c'], byId), { complete: false });
    expect(found.filter(({ class: name }) => name === 'lost')).toEqual([
      expect.objectContaining({ message: 'b', topic: 'y', partition: 0, proved: true }),
    ]);
    expect(audit.reads.map(({ name, complete }) => [name, complete])).toEqual(
      ['partition 0 of x', 'partition 0 of y', 'partition 1 of y', 'partition 1 of x'].map((name) => [name, true]),
    );
  });

  test('one that is not there leaves all open', async () => {
    const sent = [...topical(['a acked 0/1'], 'x'), ...topical(['b acked 0/1'], 'absent')];
    const { audit } = await judge(sent, [], log(['x 0/1 a'], byId));
    expect(audit.counts).toMatchObject({ lost: 0, unseen: 1 });
    expect(audit.verdict.reasons.join('\n')).toContain(
      'partition 0 of absent first (its topic is none of those that were read)',
    );
  });
});

describe('what was done meanwhile', () => {
  const at = (atNs: number, id: string, step: 'injecting' | 'injected' | 'healed'): LogEvent => ({
    atNs,
    event: { kind: 'fault', step, fault: 1, atNs: 0, detail: { id, do: 'kill', targets: ['b1'] } },
  });
  const second = 1_767_225_600 * 1e9;
  const timed = (lines: readonly string[]): object[] =>
    sends(lines).map((each, index) => ({ ...each, time: second + index * 1e9 }));

  test('is in force when it was, by the wall clock', async () => {
    const events = [
      at(second + 0.5e9, 'f1', 'injecting'),
      at(second + 0.6e9, 'f1', 'injected'),
      at(second + 0.7e9, 'f1', 'healed'),
    ];
    const { found, audit } = await judge(
      timed(['a acked 0/1', 'b acked 0/2']),
      receipts(['b 0/2']),
      log(['0/2'], { events }),
    );
    expect(found).toContainEqual(expect.objectContaining({ class: 'lost', message: 'a', fault: 'f1', when: 'after' }));
    expect(audit.faults).toEqual([
      expect.objectContaining({ id: 'f1', injectedNs: 6e8 + 1024, healedNs: 7e8 + 1024, lostMessages: 1 }),
    ]);
  });

  test('is not said to have caused what has no time', async () => {
    const events = [at(second - 5, 'f1', 'injecting'), at(second - 4, 'f1', 'injected')];
    const received = receipts(['a 0/1', 'a 0/1']);
    const untimed = await judge(timed(['a acked 0/1']), received, log(['0/1'], { events }));
    expect(untimed.found).toEqual([expect.objectContaining({ class: 'duplicate-delivered', fault: undefined })]);
    const known = received.map((each) => ({ ...each, time: second + 2e9 }));
    const { found } = await judge(timed(['a acked 0/1']), known, log(['0/1'], { events }));
    expect(found).toEqual([expect.objectContaining({ class: 'duplicate-delivered', fault: 'f1', when: 'during' })]);
  });

  test('began after the last record: it is another cluster', async () => {
    const events = [at(second + 3600e9, 'f1', 'injecting')];
    const judged = judge(timed(['a acked 0/1']), receipts(['a 0/1']), log(['0/1'], { events }));
    await expect(judged).rejects.toMatchObject({ code: 'other-cluster', exitCode: 2 });
  });

  test('cannot be laid beside records without times', async () => {
    const events = [at(second, 'f1', 'injecting'), at(second, 'f1', 'injected')];
    const { audit, records: imported } = await judge(
      sends(['a acked 0/1']),
      receipts(['a 0/1']),
      log(['0/1'], { events }),
    );
    expect(audit.faults).toEqual([]);
    expect(imported.assumptions.join('\n')).toContain('no fault of the log can be laid beside them');
  });

  test('before the first record it is none of theirs, unless it lasts', () => {
    const events = [at(1, 'f1', 'injected'), at(2, 'f1', 'healed'), at(3, 'f2', 'injected'), at(7, 'f2', 'healed')];
    expect(eventsIn(events, 5).map(({ atNs, event }) => [atNs, event.kind === 'fault' && event.step])).toEqual([
      [1, 'injected'],
      [2, 'healed'],
    ]);
  });
});

/** Of each message: what became of it, and where a copy of it stands. */
const fates = ['stored', 'gone', 'taken back', 'not answered, stored', 'not answered, gone', 'stored twice'] as const;

test('any history: by id all is found, and by place nothing that is not so', async () => {
  const message = fc.record({ fate: fc.constantFrom(...fates), partition: fc.nat(1), reused: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 12 }), async (messages) => {
      const ends = [0, 0];
      const sent: string[] = [];
      const received: string[] = [];
      const places: string[] = [];
      const truth: string[] = [];
      const stand = (partition: number, id: string): string => {
        const place = `${partition}/${ends[partition]}`;
        ends[partition] = (ends[partition] as number) + 1;
        places.push(`${place} ${id}`);
        received.push(`${id} ${place}`);
        return place;
      };
      for (const [at, { fate, partition, reused }] of messages.entries()) {
        const id = `m${at}`;
        if (fate === 'stored') sent.push(`${id} acked ${stand(partition, id)}`);
        if (fate === 'stored twice') {
          stand(partition, id);
          sent.push(`${id} unknown`, `${id} acked ${stand(partition, id)}`);
          truth.push(`duplicate-stored ${id}`);
        }
        if (fate === 'not answered, stored') {
          stand(partition, id);
          sent.push(`${id} unknown`);
          truth.push(`recovered ${id}`);
        }
        if (fate === 'not answered, gone') {
          sent.push(`${id} unknown`);
          truth.push(`undelivered ${id}`);
        }
        if (fate === 'gone' || fate === 'taken back') {
          const place = `${partition}/${ends[partition]}`;
          sent.push(`${id} acked ${place}`);
          if (fate === 'taken back') received.push(`${id} ${place}`);
          truth.push(`${fate === 'gone' ? 'lost' : 'rolled-back'} ${id}`);
          // the place is given to another one, or stays as a gap
          if (reused) sent.push(`r${at} acked ${stand(partition, `r${at}`)}`);
          else ends[partition] = (ends[partition] as number) + 1;
        }
      }
      stand(0, 'last');
      sent.push(`last acked 0/${(ends[0] as number) - 1}`);
      const lines = sends(sent).map((each, at) => ({ ...each, time: 1_767_225_600 * 1e9 + at * 1e6 }));
      const exact = await judge(lines, receipts(received), log(places, byId));
      expect(exact.lines).toEqual(truth.sort());
      expect(exact.audit.counts.lostUnproved).toBe(0);
      const blind = await judge(lines, receipts(received), log(places.map((place) => place.split(' ')[0] as string)));
      for (const line of blind.lines) expect(truth).toContain(line);
      expect(blind.audit.counts.lostProved + blind.audit.counts.rolledBack).toBe(
        truth.filter((line) => /^(lost|rolled-back) /.test(line)).length,
      );
    }),
    { numRuns: 25 },
  );
});
