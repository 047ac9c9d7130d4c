/** What fields of foreign records mean beyond id and outcome: topics, order, effects; and where a map finds them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { packageFolder } from '../../src/cluster/program.ts';
import { condition, fieldMap, mapFile } from '../../src/journal/import/formats/map.ts';
import { formats } from '../../src/journal/import/formats/registry.ts';
import { Judging } from './support/judged.ts';

const judging = new Judging();
afterAll(() => judging[Symbol.dispose]());

const judge = (sent: readonly object[], received: readonly object[], more: object = {}) =>
  judging.judge({ sent: judging.put('sent', sent), received: judging.put('received', received), ...more });

describe('topics', () => {
  const acked = (id: string, topic: string, partition: number, position: number) => ({
    ...{ id, outcome: 'acked', topic, partition, position },
  });
  const got = (id: string, topic: string, partition: number, position: number) => ({ id, topic, partition, position });

  test('equal positions of two topics are two places', async () => {
    const sent = [acked('a', 'x', 0, 1), acked('b', 'y', 0, 1)];
    const { lines, audit } = await judge(sent, [got('a', 'x', 0, 1), got('b', 'y', 0, 1)]);
    expect(lines).toEqual([]);
    expect(audit.verdict.value).toBe('pass');
  });

  test('one message in two of them was stored twice, and is named with its topic', async () => {
    const { found, lines } = await judge([acked('a', 'x', 3, 1)], [got('a', 'x', 3, 1), got('a', 'y', 3, 1)]);
    expect(lines).toEqual(['duplicate-stored a', 'misrouted a']);
    expect(found.find(({ class: name }) => name === 'misrouted')).toMatchObject({ topic: 'y', partition: 3 });
  });

  test('two acknowledgements at one place of one topic are a rollback there', async () => {
    const sent = [acked('a', 'x', 2, 7), acked('b', 'x', 2, 7), acked('c', 'y', 2, 7)];
    const { found } = await judge(sent, [got('a', 'x', 2, 7), got('b', 'x', 2, 7), got('c', 'y', 2, 7)]);
    expect(found).toEqual([expect.objectContaining({ class: 'rolled-back', topic: 'x', partition: 2, position: 7 })]);
  });

  test('the highest partition is one, too', async () => {
    const place = { id: 'a', partition: 65534, position: 1 };
    const { lines, audit } = await judge([{ ...place, outcome: 'acked' }], [place, place]);
    expect([lines, audit.verdict.value]).toEqual([['duplicate-delivered a'], 'pass']);
  });

  test('where one side names none, nothing is called misrouted', async () => {
    const sent = [{ id: 'a', outcome: 'acked', partition: 0 }];
    const { lines, undecided } = await judge(sent, [got('a', 'x', 5, 1)]);
    expect(lines).toEqual([]);
    expect(undecided.misrouted).toMatch(/1 of 1 received lines/);
  });
});

describe('producer and sequence', () => {
  const sends = (...sequences: number[]) =>
    sequences.map((sequence) => ({ id: `m${sequence}`, outcome: 'acked', producer: 'p', sequence }));
  const got = (sequence: number, position: number, more: object = {}) => ({
    id: `m${sequence}`,
    partition: 0,
    position,
    ...more,
  });

  test('order is judged within a session and a partition, with holes between the sequences', async () => {
    const sent = sends(5, 70_000, 1_000_000);
    const { lines, undecided } = await judge(sent, [got(70_000, 0), got(5, 1), got(1_000_000, 2)]);
    expect(lines).toEqual(['reordered m5']);
    expect(undecided).not.toHaveProperty('reordered');
    const apart = [got(70_000, 0), got(5, 1, { partition: 1 }), got(1_000_000, 2)];
    expect((await judge(sent, apart)).lines).toEqual([]);
    const sessions = [
      got(70_000, 0, { session: 'a' }),
      got(5, 1, { session: 'b' }),
      got(1_000_000, 2, { session: 'a' }),
    ];
    expect((await judge(sent, sessions)).lines).toEqual([]);
  });

  test('each file is one consumer, unless its lines name sessions', async () => {
    const received = { files: [judging.put('r1', [got(2, 0)]), judging.put('r2', [got(1, 1)])] };
    const { lines, records } = await judging.judge({ sent: judging.put('sent', sends(1, 2)), received });
    expect(lines).toEqual([]);
    expect(records.assumptions.at(-1)).toBe(
      'each file of r1 and 1 more is of one consumer, in the order of its receipts (else give each line its session)',
    );
  });

  test('a message that its producer sent twice is the producer’s to order', async () => {
    const { lines, audit } = await judge([...sends(1, 2), ...sends(1)], [got(2, 0), got(1, 1)]);
    expect(lines).toEqual([]);
    expect(audit.counts.reorderedRetries).toBe(1);
  });

  test.each([
    [
      'two messages of one sequence',
      [...sends(1, 2), { id: 'x', outcome: 'acked', producer: 'p', sequence: 2 }],
      /sequence 2/,
    ],
    [
      'one message of two',
      [...sends(1, 2), { id: 'm1', outcome: 'acked', producer: 'p', sequence: 9 }],
      /"m1" have several/,
    ],
    ['none for some', [...sends(1, 2), { id: 'x', outcome: 'acked' }], /1 of 3 sent messages have no producer/],
  ])('%s: then the order is undecided, and all else as before', async (_, sent, why) => {
    const other = sent.filter(({ id }) => id === 'x').map(({ id }) => ({ id, partition: 0, position: 2 }));
    for (const parts of [1, 5]) {
      const { lines, undecided } = await judge(sent, [got(1, 0), got(2, 1), ...other], { parts });
      expect(undecided.reordered).toMatch(why);
      expect(lines).toEqual([]);
    }
    const { lines } = await judge(sent, [got(2, 1)]);
    expect(lines).toContain('lost m1');
  });

  test('what was never sent is a phantom beside them, and of acknowledgements alone recovered', async () => {
    const received = [got(1, 0), { id: 'ghost', partition: 0, position: 1 }, got(2, 2)];
    expect((await judge(sends(1, 2), received)).lines).toEqual(['phantom ghost']);
    expect((await judge(sends(1, 2), received, { acksOnly: true })).lines).toEqual(['recovered ghost']);
  });
});

describe('effects', () => {
  const acked = ['a', 'b', 'c'].map((id) => ({ id, outcome: 'acked' }));
  const done = (
    effects: readonly object[],
    received: readonly object[] = acked.map(({ id }) => ({ id })),
    more: object = {},
  ) => judge(acked, received, { effects: judging.put('effects', effects), ...more });

  test('are judged as those of a run: twice, never, and of nothing received', async () => {
    const { found, audit, undecided } = await done([{ id: 'a', count: 2 }, { id: 'b' }, { id: 'b' }, { id: 'ghost' }]);
    expect(found.map(({ class: name, message, times }) => [name, message, times])).toEqual([
      ['duplicate-effect', 'a', 2],
      ['duplicate-effect', 'b', 2],
      ['unprocessed', 'c', undefined],
      ['phantom-effect', 'ghost', undefined],
    ]);
    expect(audit.verdict.value).toBe('pass');
    expect(undecided).not.toHaveProperty('unprocessed');
  });

  test('by group, which the received lines must know', async () => {
    const received = acked.flatMap(({ id }) => ['x', 'y'].map((group) => ({ id, group })));
    const { lines, records } = await done([{ id: 'a', group: 'x' }, { id: 'b', group: 'z' }, { id: 'c' }], received);
    expect(lines).toEqual([]);
    expect(records.incidents).toEqual([
      '2 lines could not be read: effects:2: the group z received nothing; effects:3: it names no group, and 2 received something',
    ]);
  });

  test('with lines that cannot be read nothing is called unprocessed, and of partial receipts no effect a phantom', async () => {
    const damaged = await done([{ id: 'a' }, {}]);
    expect([damaged.lines, damaged.audit.verdict.value]).toEqual([[], 'inconclusive']);
    const partial = await done([{ id: 'a' }, { id: 'b' }], [{ id: 'a' }], { complete: false });
    expect(partial.lines.filter((line) => /effect|unprocessed/.test(line))).toEqual([]);
  });
});

describe('a map', () => {
  const map = (text: string) => fieldMap(text, 'sent');

  test('finds by paths, into lists and texts of JSON, and takes constants', () => {
    const { id, outcome, group, topic } = {
      ...map('id="a.b".c.1,outcome==acked'),
      ...fieldMap('id=x,group=="the, group",topic=raw.t', 'received'),
    };
    const fields = { 'a.b': { c: [0, 'found'] }, raw: '{"t":"orders"}' };
    expect([map('id="a.b".c.1,outcome==acked').id?.(fields), outcome?.(fields)]).toEqual(['found', 'acked']);
    expect([id?.({ x: 1 }), group?.({}), topic?.(fields)]).toEqual([1, 'the, group', 'orders']);
    expect(map('id=toString,outcome=a.constructor').id?.({})).toBeUndefined();
  });

  test('chooses outcomes, and says of which value it was not told', () => {
    const { outcome } = map('id=id,outcome=status(ok:acked,"a:b":unknown,true:acked)');
    expect([outcome?.({ status: 'ok' }), outcome?.({ status: 'a:b' }), outcome?.({ status: true })]).toEqual([
      'acked',
      'unknown',
      'acked',
    ]);
    expect(() => outcome?.({ status: 'odd' })).toThrow(
      "status is 'odd', of which --map outcome does not say what it means",
    );
    expect(map('id=id,outcome=s(*:unknown)').outcome?.({})).toBe('unknown');
  });

  test.each([
    ['ms', 1_795_901_535_911, 1_795_901_535_911e6],
    ['s', '1795901535.5', 1_795_901_535.5e9],
    ['us', 1_795_901_535_911_000, 1_795_901_535_911e6],
  ])('takes time in %s', (unit, value, ns) => {
    expect(map(`id=id,outcome==acked,time=at(${unit})`).time?.({ at: value })).toBe(ns);
  });

  test('refuses a time that is not of its unit, with what it reads like', () => {
    expect(() => map('id=id,outcome==acked,time=at(ms)').time?.({ at: 1_795_901_535 })).toThrow('reads like seconds');
  });

  test.each([
    ['partition=p,outcome==acked', 'where the id is'],
    ['id=id', 'what became of a send'],
    ['id=id,ofset=o,outcome==acked', "no field 'ofset'"],
    ['id=id,outcome=status(ok)', "'ok' is no pair"],
    ['id=id,outcome=status(ok:acked', 'without its other half'],
    ['id=id,outcome==acked,time=at(min)', 'no unit of time'],
    ['id=a..b,outcome==acked', 'is no path'],
    ['id', 'assigns nothing'],
  ])('that cannot be is refused: %s', (text, why) => {
    expect(() => map(text)).toThrow(why);
  });

  test('conditions must all hold', () => {
    const where = condition('event=sent,level!=debug,order.id');
    expect(where({ event: 'sent', order: { id: 1 } })).toBe(true);
    expect(where({ event: 'sent', level: 'debug', order: { id: 1 } })).toBe(false);
    expect(where({ event: 'sent', order: {} })).toBe(false);
  });

  test('may be a file, with what is common and what is of one side', async () => {
    const yaml = 'format: csv\nid: no\nsent: { where: event=sent, outcome: status(ok:acked) }\nreceived: { id: ref }\n';
    const sent = await mapFile('map.yaml', yaml, 'sent');
    const received = await mapFile('map.yaml', yaml, 'received');
    expect([sent.format, sent.map?.id?.({ no: 1 }), sent.where?.({ event: 'got' })]).toEqual(['csv', 1, false]);
    expect([received.map?.id?.({ ref: 2 }), received.where]).toEqual([2, undefined]);
    await expect(mapFile('map.yaml', 'id: [1]', 'received')).rejects.toThrow('map.yaml: id must be a text');
    await expect(mapFile('map.yaml', '{', 'received')).rejects.toThrow('map.yaml:');
  });
});

describe('docs/own-records.md', () => {
  const page = readFileSync(join(packageFolder, 'docs/own-records.md'), 'utf8');

  test('has maps that can be read', async () => {
    const files = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text);
    files.splice(1); // the second is a query, and has its own test
    expect(files[0]).toContain('received:');
    const sides = await Promise.all(
      (['sent', 'received'] as const).map((side) => mapFile('map.yaml', files[0] ?? '', side)),
    );
    expect(sides.map(({ where }) => where?.({ event: 'got' }))).toEqual([false, true]);
    const maps = [...page.matchAll(/--map '([^']+)'/g)].map(([, text = '']) => text);
    expect(maps).not.toEqual([]);
    for (const text of maps)
      expect([fieldMap(text, 'sent').id, fieldMap(text, 'received').id]).not.toContain(undefined);
  });

  test.each(formats)('has the row of $name, with the sides that it has', ({ name, sent, received }) => {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
    const sides = row
      ?.split('|')
      .slice(3, 5)
      .map((cell) => cell.trim());
    expect(sides).toEqual([sent, received].map((side) => (side === undefined ? '–' : 'yes')));
  });
});

describe('a file that is not what it was given as', () => {
  const producer =
    '{"timestamp":1795937988676,"name":"producer_send_success","key":null,"value":"7.0","offset":0,"topic":"t","partition":0}';
  const consumer =
    '{"timestamp":1795937989751,"name":"record_data","key":null,"value":"7.0","topic":"t","partition":0,"offset":0}';
  const kcat = '{"topic":"t","partition":0,"offset":0,"tstype":"create","ts":1,"broker":1,"key":null,"payload":"x"}';
  const own = { sent: '{"id":"a","outcome":"acked"}', received: '{"id":"a"}' };
  const refusal = async (sent: string, received: string, more: { sent?: object; received?: object } = {}) => {
    try {
      await judging.judge({
        sent: { files: [judging.put('sent.log', `${sent}\n`)], ...more.sent },
        received: { files: [judging.put('received.log', `${received}\n`)], ...more.received },
      });
    } catch (error) {
      const { message, code, hint } = error as { message: string; code: string; hint: string };
      return { message, code, hint };
    }
    throw new Error('it was taken');
  };

  test.each([
    [producer, own.received, {}, 'sent.log:1: no id', 'it looks like --sent-format verifiable'],
    [own.sent, kcat, {}, 'received.log:1: no id', 'it looks like --received-format kcat'],
    [own.received, own.received, {}, 'sent.log:1: outcome must be', 'it looks like what belongs into --received'],
    [own.sent, own.sent, {}, 'received.log:1: it has an outcome', 'it looks like what belongs into --sent'],
    [
      consumer,
      consumer,
      { sent: { format: 'verifiable' } },
      "sent.log:1: 'record_data' is written by a consumer",
      'belongs into --received',
    ],
    [
      kcat,
      own.received,
      { sent: { format: 'verifiable' } },
      'sent.log:1: no name of an event',
      'it looks like --received in the format kcat',
    ],
    [
      own.sent,
      '3\tdequeue\tRESPONSE\tSUCCESS\t17\tnull\t1\t0\tnull\t25',
      {},
      'received.log:1: not JSON',
      'it looks like --received-format openchaos',
    ],
    [
      own.sent,
      '{:type :ok, :f :poll, :process 1}',
      {},
      'received.log:1: not JSON',
      'it looks like --received-format jepsen',
    ],
    [
      own.sent,
      'CreateTime:1\tPartition:0\tOffset:3\tv',
      {},
      'received.log:1: not JSON',
      'it looks like --received-format console-consumer',
    ],
    [
      own.sent,
      '{"order":1}',
      {},
      'received.log:1: no id',
      'for JSON of your own say where its fields are: --received-map id=…',
    ],
    [
      own.sent,
      '\u0000\u0001',
      {},
      'received.log:1: not JSON',
      '--received in the format mqchaos wants lines as {"id":"order-1"',
    ],
  ])('is refused with its line, and what it looks like: %s and %s', async (sent, received, more, message, hint) => {
    const refused = await refusal(sent, received, more);
    expect(refused.code).toBe('wrong-format');
    expect(refused.message).toContain(message);
    expect(refused.hint).toContain(hint);
  });

  test('by a map that finds nothing is refused, too, and one of other lines alone holds no record', async () => {
    const json = '{"event":"sent","order":{"id":1},"status":"ok"}';
    const map = 'id=order.no,outcome=status(ok:acked)';
    const refused = await refusal(json, own.received, { sent: { map } });
    expect(refused.message).toBe('no line of sent.log has order.no, where --map says that id is');
    expect(refused.hint).toBe('its first record has event, order, status');
    const { records, audit } = await judging.judge({
      sent: { files: [judging.put('sent.log', json)], map, where: 'event=send' },
      received: judging.put('received.log', own.received),
    });
    expect(records.incidents).toEqual(['sent.log holds no record']);
    expect(records.assumptions).toContain('--sent: 1 line of sent.log is about something else, by --where');
    expect(audit.verdict.value).toBe('inconclusive');
  });

  test.each([
    ['partition=at.prt', 'at.prt', 'partition'],
    ['position=at.offs', 'at.offs', 'position'],
    ['time=when(ms)', 'when', 'time'],
  ])('a misspelt %s takes no proof out of the verdict: it is refused', async (field, path, name) => {
    const sent = '{"id":"a","status":"ok","at":{"part":0,"off":5}}';
    const map = `id=id,outcome=status(ok:acked,*:unknown),${field}`;
    const { message } = await refusal(sent, '{"id":"a","at":{"part":0,"off":5}}', {
      sent: { map },
      received: { map: 'id=id' },
    });
    expect(message).toBe(`no line of sent.log has ${path}, where --map says that ${name} is`);
  });

  test('a misspelt outcome does not fall under *', async () => {
    const map = 'id=id,outcome=state(ok:acked,*:unknown)';
    const { message } = await refusal('{"id":"a","status":"ok"}', '{"id":"a"}', {
      sent: { map },
      received: { map: 'id=id' },
    });
    expect(message).toBe('no line of sent.log has state, where --map says that outcome is');
  });

  test('a field that some line has, and one that is rare, may be missing from others', async () => {
    const map = 'id=id,outcome=status(ok:acked),time=when(ms),attempt=try';
    const sent = '{"id":"a","status":"ok"}\n{"id":"b","status":"ok","when":1795901535911}';
    const { counts } = (
      await judging.judge({
        sent: { files: [judging.put('sent.log', sent)], map },
        received: { files: [judging.put('received.log', '{"id":"a"}\n{"id":"b"}')], map: 'id=id' },
      })
    ).audit;
    expect(counts).toMatchObject({ acked: 2, ackedDelivered: 2 });
  });

  test('positions without a partition prove no rollback', async () => {
    const map = 'id=id,outcome==acked,position=off';
    const sent = '{"id":"a","off":0}\n{"id":"b","off":0}';
    const { counts } = (
      await judging.judge({
        sent: { files: [judging.put('sent.log', sent)], map },
        received: { files: [judging.put('received.log', '{"id":"a"}\n{"id":"b"}')], map: 'id=id' },
      })
    ).audit;
    expect(counts.rolledBack).toBe(0);
  });

  test('is refused early, not after all of a huge one', async () => {
    const many = Array.from({ length: 100_000 }, () => producer).join('\n');
    expect((await refusal(many, own.received)).message).toContain('sent.log:1: no id');
  });

  test('options that cannot be are refused before anything is read', async () => {
    const [sent, received] = ['nowhere', 'nowhere'];
    for (const [options, why] of [
      [{ format: 'kcat' }, 'kcat writes no line for an acknowledgement'],
      [{ format: 'kaffee' }, "no format 'kaffee'"],
      [{ format: 'jepsen', map: 'id=a,outcome==acked' }, 'says itself where its fields are'],
      [{ format: 'csv' }, 'it is not said where the fields of the sent file are'],
      [{ map: '/nowhere/map.yaml' }, '/nowhere/map.yaml: ENOENT'],
    ] as const) {
      await expect(
        judging.judge({ sent: { files: [judging.put(sent, '')], ...options }, received: judging.put(received, '') }),
      ).rejects.toThrow(why);
    }
    const one = { files: [judging.put('one', '{"event":"sent","id":1}\n')], map: 'id=id,outcome==acked' };
    await expect(judging.judge({ sent: one, received: one })).rejects.toThrow('given as sent and as received');
    const filtered = { ...one, where: 'event=sent' };
    await expect(judging.judge({ sent: filtered, received: one })).rejects.toThrow('given as sent and as received');
    expect((await judging.judge({ sent: filtered, received: filtered })).audit.verdict.value).toBe('pass');
    const twice = judging.judge({ sent: { files: ['-'] }, received: { files: ['-'] } });
    await expect(twice).rejects.toThrow('stdin can be one file');
  });
});

describe('compressed files', () => {
  const lines = (count: number) =>
    Array.from({ length: count }, (_, at) => JSON.stringify({ id: `m${at}`, outcome: 'acked' })).join('\n');

  test('are known by their first bytes, and may be several members', async () => {
    const zipped = Buffer.concat([gzipSync(`${lines(3)}\n`), gzipSync('{"id":"x","outcome":"acked"}\n')]);
    const { audit } = await judging.judge({
      sent: judging.put('sent', zipped),
      received: judging.put(
        'received',
        ['m0', 'm1', 'm2', 'x'].map((id) => ({ id })),
      ),
    });
    expect([audit.counts.acked, audit.verdict.value]).toEqual([4, 'pass']);
  });

  test('that are cut or damaged are read as far as they go, and that is said', async () => {
    const whole = gzipSync(Array.from({ length: 40_000 }, (_, at) => `{"id":"m${at}-${Math.sin(at)}"}\n`).join(''));
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, whole.length / 2, whole.length / 2 + 100);
    for (const bytes of [whole.subarray(0, whole.length / 2), damaged]) {
      const {
        audit,
        records,
        lines: found,
      } = await judging.judge({
        sent: judging.put('sent', [{ id: 'never received', outcome: 'acked' }]),
        received: judging.put('received.gz', bytes),
        acksOnly: true,
      });
      expect(records.incidents[0]).toMatch(
        /^\d+ lines? could not be read: received.gz:\d+: (the gzip is damaged|not JSON)/,
      );
      expect(audit.verdict.value).toBe('inconclusive');
      expect(found).toContain('unseen never received');
      expect(audit.counts.recovered).toBeGreaterThan(1000);
    }
  });
});

test('texts beyond ASCII, Windows line ends, and a last line without its newline', async () => {
  const sent = judging.put('sent', `${'{"id":"ü","outcome":"acked"}\n'.repeat(3)}{"id":"é","outcome":"unknown"}`);
  const { audit } = await judging.judge({ sent, received: judging.put('r', '{"id":"ü"}\r\n{"id":"é"}') });
  expect(audit.counts).toMatchObject({ acked: 1, unknown: 1, attempts: 4, recovered: 1 });
});
