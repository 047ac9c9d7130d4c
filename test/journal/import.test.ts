import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditRun, type Finding } from '../../src/audit/audit.ts';
import { contestsCheck } from '../../src/audit/checks/contests.ts';
import { checks } from '../../src/audit/checks/registry.ts';
import { ownNames, receivedReader } from '../../src/journal/import/formats/fields.ts';
import { importRecords } from '../../src/journal/import.ts';

let folder: string;
const limits = {
  lost: 0,
  'rolled-back': 0,
  skipped: 0,
  corrupt: 0,
  misrouted: 0,
  phantom: 0,
  contradicted: 0,
} as const;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqchaos-import-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Records = readonly (object | string)[];

async function judge(
  sent: Records,
  received: Records,
  options: { complete?: boolean; acksOnly?: boolean; parts?: number } = {},
) {
  const text = (records: Records) =>
    records.map((record) => `${typeof record === 'string' ? record : JSON.stringify(record)}\n`).join('');
  writeFileSync(join(folder, 'sent.ndjson'), text(sent));
  writeFileSync(join(folder, 'received.ndjson'), text(received));
  const files = { sent: join(folder, 'sent.ndjson'), received: join(folder, 'received.ndjson'), folder };
  using records = await importRecords({ ...files, ...options });
  const found: Finding[] = [];
  const audit = await auditRun({
    ...records,
    checks: [...checks, contestsCheck(records.contests)],
    expectation: { limits },
    onFinding: (finding) => found.push(finding),
  });
  const lines = found.map(lineOf).sort();
  return { audit, lines, records, undecided: audit.findings.filter((each) => each.undecided !== undefined) };
}

const acked = (...ids: string[]) => ids.map((id) => ({ id, outcome: 'acked' }));

test('what was sent and received once is clean, and what the fields cannot say is undecided', async () => {
  const { audit, lines, undecided } = await judge(acked('a', 'b'), [{ id: 'a' }, { id: 'b' }]);
  expect(lines).toEqual([]);
  expect(audit.verdict.value).toBe('pass');
  expect(audit.latency).toEqual({});
  expect(undecided.map((each) => each.class)).toEqual(
    expect.arrayContaining(['rolled-back', 'reordered', 'corrupt', 'misrouted', 'unavailable']),
  );
  expect(undecided.find((each) => each.class === 'corrupt')?.undecided).toMatch(/2 of 2 received lines/);
  expect(readdirSync(folder).filter((name) => name.startsWith('import-'))).toEqual([]);
});

test('lost is said of a complete record, unseen of a partial one', async () => {
  const whole = await judge(acked('a', 'b'), [{ id: 'a' }]);
  expect(whole.lines).toEqual(['lost b']);
  expect(whole.audit.verdict.value).toBe('fail');
  expect(whole.audit.counts).toMatchObject({ lost: 1, lostUnproved: 1, lostProved: 0 });
  const partial = await judge(acked('a', 'b'), [{ id: 'a' }], { complete: false });
  expect(partial.lines).toEqual(['unseen b']);
  expect(partial.audit.verdict).toEqual({
    value: 'inconclusive',
    reasons: ['the drain of group consumers is not proven: received.ndjson was given as partial'],
  });
});

test('lines of one id are attempts: acked if any is, else degraded, else unknown, else rejected', async () => {
  const sent = [
    { id: 'a', outcome: 'unknown' },
    { id: 'a', outcome: 'acked', attempt: 2 },
    { id: 'd', outcome: 'degraded' },
    { id: 'd', outcome: 'rejected' },
    { id: 'u', outcome: 'unknown' },
    { id: 'v', outcome: 'unknown' },
    { id: 'r', outcome: 'rejected' },
    { id: 's', outcome: 'rejected' },
  ];
  const { audit, lines } = await judge(sent, [{ id: 'a' }, { id: 'u' }, { id: 'r' }]);
  expect(audit.counts).toMatchObject({ attempted: 6, acked: 1, degraded: 1, unknown: 2, rejected: 2, attempts: 8 });
  expect(lines).toEqual(['contradicted r', 'degraded-lost d', 'recovered u', 'undelivered s', 'undelivered v']);
  expect(audit.verdict.value).toBe('fail');
});

test('duplicates: by position, by partition and position, undecided without; groups by themselves', async () => {
  const at = (id: string, partition: number, position: number, more = {}) => ({ id, partition, position, ...more });
  const twice = await judge(acked('a', 'b', 'c'), [
    ...[at('a', 0, 1), at('a', 0, 1, { redelivered: true })],
    ...[at('b', 0, 2), at('b', 1, 2)],
    ...[at('c', 0, 3), { id: 'c' }],
  ]);
  expect(twice.lines).toEqual([
    'duplicate-delivered a consumers',
    'duplicate-stored b',
    'duplicate-undecided c consumers',
  ]);
  expect(twice.audit.counts).toMatchObject({ extraDeliveries: 3, extraFlagged: 1 });
  const bare = await judge(acked('a'), [{ id: 'a' }, { id: 'a' }]);
  expect(bare.lines).toEqual(['duplicate-undecided a consumers']);
  const groups = await judge(acked('a'), [
    { id: 'a', group: 'x' },
    { id: 'a', group: 'y' },
  ]);
  expect(groups.lines).toEqual([]);
  const skipped = await judge(acked('a', 'b'), [
    { id: 'a', group: 'x' },
    { id: 'b', group: 'x' },
    { id: 'b', group: 'y' },
  ]);
  expect(skipped.lines).toEqual(['skipped a y']);
  const stream = await judge(acked('a'), [
    { id: 'a', position: 4 },
    { id: 'a', position: 5 },
  ]);
  expect(stream.lines).toEqual(['duplicate-stored a']);
  const mixed = await judge(acked('a', 'b'), [at('b', 0, 1), { id: 'a', position: 4 }, { id: 'a', position: 5 }]);
  expect(mixed.lines).toEqual(['duplicate-undecided a consumers']);
});

test('checksums and partitions of both sides are compared, of all attempts', async () => {
  const sent = [
    { id: 'a', outcome: 'acked', checksum: 'x', partition: 0 },
    { id: 'b', outcome: 'unknown', checksum: 'x', partition: 0 },
    { id: 'b', outcome: 'acked', checksum: 'y', partition: 1 },
    { id: 'c', outcome: 'acked', checksum: 12, partition: 1 },
  ];
  const received = [
    { id: 'a', checksum: 'z', partition: 1 },
    { id: 'b', checksum: 'y', partition: 0 },
    { id: 'c', checksum: '12', partition: 1 },
  ];
  const { lines, undecided, audit } = await judge(sent, received);
  expect(lines).toEqual(['corrupt a', 'misrouted a']);
  expect(undecided.map((each) => each.class)).not.toContain('corrupt');
  expect(audit.counts).toMatchObject({ corrupt: 1, misrouted: 1 });
});

test('a checksum or a partition that only one side has accuses nobody, and leaves the class undecided', async () => {
  const sent = [
    { id: 'a', outcome: 'acked', checksum: 'x', partition: 0 },
    { id: 'b', outcome: 'acked' },
  ];
  const { lines, undecided } = await judge(sent, [{ id: 'a' }, { id: 'b', checksum: 'x', partition: 0 }]);
  expect(lines).toEqual([]);
  expect(undecided.map((each) => each.class)).toEqual(expect.arrayContaining(['corrupt', 'misrouted']));
});

test('an id that was never sent is a phantom, once', async () => {
  const { lines, audit } = await judge(acked('a'), [{ id: 'a' }, { id: 'ghost' }, { id: 'ghost' }]);
  expect(lines).toEqual(['phantom ghost consumers']);
  expect(audit.verdict.value).toBe('fail');
});

test('ids are compared byte for byte', async () => {
  const ids = ['\u00e9', 'e\u0301', ' a', 'a', '', '\ud800', '"', '__proto__', '1', '01', 'a\u0000'];
  const { lines } = await judge(
    acked(...ids),
    ids.slice(1).map((id) => ({ id })),
  );
  expect(lines).toEqual(['lost \u00e9']);
});

describe('malformed lines', () => {
  test('are counted and named, and make a pass inconclusive', async () => {
    const bad = ['{', '[]', 'null', '{"id":1}', '{}', '{"id":"x","time":"soon"}', '{"id":"x","partition":-1}'];
    const { audit, lines } = await judge(acked('a', 'b'), [{ id: 'a' }, ...bad]);
    expect(lines).toEqual(['unseen b']);
    expect(audit.verdict.value).toBe('inconclusive');
    expect(audit.verdict.reasons[0]).toBe(
      '7 lines could not be read: received.ndjson:2: not JSON; received.ndjson:3: not a JSON object; ' +
        'received.ndjson:4: not a JSON object; received.ndjson:5: id must be a string; received.ndjson:6: no id; and 2 more',
    );
  });

  test('of the sent file leave no phantom and no contradiction, but a fail stands', async () => {
    const sent = [...acked('a', 'b'), { id: 'r', outcome: 'rejected' }, { id: 'g', outcome: 'sent' }, 'x'];
    const { audit, lines } = await judge(sent, [{ id: 'a' }, { id: 'r' }, { id: 'g' }]);
    expect(lines).toEqual(['lost b', 'recovered r']);
    expect(audit.verdict.value).toBe('fail');
    expect(audit.counts.beyond).toBe(1);
  });

  test('what is no fault of a line: unknown keys, blank lines, CRLF, a BOM, no final newline, duplicate keys', async () => {
    const sent = ['\uFEFF{"id":"a","outcome":"acked","more":1}\r', '', '  ', '{"id":"x","id":"b","outcome":"acked"}'];
    writeFileSync(join(folder, 'last'), '{"id":"a"}');
    const { audit, records } = await judge(sent, [{ id: 'a', group: null }, { id: 'b' }]);
    expect(records.incidents).toEqual([]);
    expect(audit.verdict.value).toBe('pass');
  });

  test('not UTF-8 is malformed; a last line without newline counts', async () => {
    const good = '{"id":"a","outcome":"acked"}\n';
    writeFileSync(
      join(folder, 's'),
      Buffer.concat([Buffer.from(`${good}{"id":"`), Buffer.from([0xff]), Buffer.from('"}\n')]),
    );
    writeFileSync(join(folder, 'r'), '{"id":"a"}');
    using records = await importRecords({ sent: join(folder, 's'), received: join(folder, 'r'), folder });
    expect(records.incidents).toEqual([expect.stringContaining('s:2: not UTF-8')]);
  });
});

test('nothing to judge is inconclusive', async () => {
  for (const [sent, received] of [
    [[], []],
    [acked('a'), []],
    [[], [{ id: 'a' }]],
    [[{ id: 'a', outcome: 'rejected' }], [{ id: 'b', group: 'g' }].slice(1)],
  ] as const) {
    const { audit } = await judge(sent, received);
    expect(audit.verdict.value).not.toBe('pass');
  }
  const empty = await judge(acked('a'), []);
  expect(empty.lines).toEqual(['unseen a']);
  expect(empty.audit.verdict.reasons).toContain('received.ndjson holds no record');
  const whole = await judge(acked('a'), [{ id: 'a' }]);
  expect(whole.audit.drain.steps.at(-1)).toMatchObject({ ok: true, proof: 'received.ndjson was given as complete' });
});

test('times: numbers, strings and RFC 3339 agree, latency is from send to receipt', async () => {
  const sent = [
    { id: 'a', outcome: 'acked', time: 1_700_000_000_000_000_000 },
    { id: 'b', outcome: 'acked', time: '1700000000000000000' },
    { id: 'c', outcome: 'acked', time: '2023-11-14T22:13:20.000000Z' },
  ];
  const received = [
    { id: 'a', time: '2023-11-14T22:13:20.016Z' },
    { id: 'b', time: '2023-11-14T23:13:20.016+01:00' },
    { id: 'c', time: '1700000000016000000' },
  ];
  const { audit } = await judge(sent, received);
  expect(audit.latency.endToEnd?.p50Us).toBeGreaterThan(15_900);
  expect(audit.latency.endToEnd?.maxUs).toBeLessThan(16_100);
});

test('a file that is not there is a usage error, and too many groups too', async () => {
  const here = join(folder, 'here');
  writeFileSync(here, '');
  await expect(importRecords({ sent: join(folder, 'no'), received: here, folder })).rejects.toThrow(/ENOENT/);
  const groups = Array.from({ length: 300 }, (_, at) => ({ id: 'a', group: `g${at}` }));
  await expect(judge(acked('a'), groups)).rejects.toThrow(/255/);
});

test('any history in any number of parts: as a naive count of lines has it', async () => {
  const id = fc.constantFrom(...'abcdefghijklmnop');
  const outcome = fc.constantFrom('acked', 'degraded', 'rejected', 'unknown');
  const sent = fc.array(fc.record({ id, outcome }), { minLength: 1, maxLength: 30 });
  const group = fc.constantFrom('x', 'y');
  const position = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined });
  const received = fc.array(fc.record({ id, group, position }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(sent, received, fc.integer({ min: 1, max: 7 }), async (sends, some, parts) => {
      // No two messages share a place.
      const place = (of: string, at: number) => of.charCodeAt(0) * 8 + at;
      const receipts = some.map((each) => ({
        ...each,
        position: each.position === undefined ? undefined : place(each.id, each.position),
      }));
      const { lines } = await judge(sends, receipts, { parts });
      expect(lines).toEqual(naive(sends, receipts));
    }),
    { numRuns: 150 },
  );
});

function naive(
  sends: readonly { id: string; outcome: string }[],
  receipts: readonly { id: string; group: string; position: number | undefined }[],
): string[] {
  const lines: string[] = [];
  const groups = [...new Set(receipts.map((each) => each.group))];
  const of = (id: string, group: string) => receipts.filter((each) => each.id === id && each.group === group);
  for (const id of new Set(sends.map((each) => each.id))) {
    const outcomes = sends.filter((each) => each.id === id).map((each) => each.outcome);
    const missing = groups.filter((group) => of(id, group).length === 0);
    const nowhere = missing.length === groups.length;
    if (outcomes.includes('acked')) {
      if (nowhere) lines.push(`lost ${id}`);
      else lines.push(...missing.map((group) => `skipped ${id} ${group}`));
    } else if (outcomes.includes('degraded')) {
      if (nowhere) lines.push(`degraded-lost ${id}`);
    } else if (outcomes.includes('unknown')) lines.push(nowhere ? `undelivered ${id}` : `recovered ${id}`);
    else lines.push(nowhere ? `undelivered ${id}` : `contradicted ${id}`);
  }
  const stored = new Map<string, string>();
  for (const id of new Set(receipts.map((each) => each.id))) {
    if (!sends.some((each) => each.id === id)) {
      const first = receipts.find((each) => each.id === id);
      lines.push(`phantom ${id} ${first?.group}`);
      continue;
    }
    for (const group of groups) {
      const own = of(id, group);
      const placed = own.flatMap((each) => each.position ?? []);
      if (new Set(placed).size > 1) stored.set(id, '');
      if (new Set(placed).size < placed.length) lines.push(`duplicate-delivered ${id} ${group}`);
      if (placed.length < own.length && own.length > 1) lines.push(`duplicate-undecided ${id} ${group}`);
    }
  }
  for (const id of stored.keys()) lines.push(`duplicate-stored ${id}`);
  return lines.sort();
}

/** The group only where a line is per group. */
function lineOf({ class: name, message, group }: Finding): string {
  const perGroup = ['skipped', 'duplicate-delivered', 'duplicate-undecided', 'phantom'].includes(name);
  return [name, message, ...(perGroup ? [group] : [])].join(' ');
}

test('a place that two messages had compares with nothing', async () => {
  const { lines } = await judge(acked('a', 'b'), [
    { id: 'a', position: 1 },
    { id: 'b', position: 1 },
    { id: 'b', position: 1 },
    { id: 'a' },
    { id: 'a', position: 1 },
  ]);
  expect(lines).toEqual([
    'duplicate-delivered a consumers',
    'duplicate-undecided a consumers',
    'duplicate-undecided b consumers',
  ]);
});

test.each([
  [1_795_901_535_911, 'reads like milliseconds'],
  ['1795901535', 'reads like seconds'],
  [1_795_901_535_911_000, 'reads like microseconds'],
  [0, 'is of no moment from 2000 to 2100'],
  [-1, 'is of no moment from 2000 to 2100'],
])('a time that cannot be nanoseconds of this century is refused, with what it reads like: %s', (time, said) => {
  expect(() => receivedReader(ownNames('received'), false)({ id: 'a', time })).toThrow(said);
});

describe('two messages acknowledged at one place', () => {
  const acked = (id: string, more: object = {}) => ({ id, outcome: 'acked', partition: 0, position: 5, ...more });

  test('prove that the log went back: the earlier one is gone from it', async () => {
    const sent = [acked('b', { time: '2026-01-01T00:00:02Z' }), acked('a', { time: '2026-01-01T00:00:01Z' })];
    const received = ['a', 'b'].map((id) => ({ id, partition: 0, position: 5 }));
    for (const parts of [1, 7]) {
      const { audit, lines } = await judge(sent, received, { parts });
      expect(lines).toEqual(['rolled-back a']);
      expect(audit.counts).toMatchObject({ rolledBack: 1, ackedDelivered: 2 });
      expect(audit.verdict.value).toBe('fail');
    }
  });

  test('without times one of them is gone, whichever it is', async () => {
    const { audit, lines } = await judge([acked('a'), acked('b')], [{ id: 'a' }, { id: 'b' }]);
    expect(lines).toEqual([expect.stringMatching(/^rolled-back (a or b|b or a)$/)]);
    expect(audit.counts.rolledBack).toBe(1);
  });

  test('of which the earlier was received by nobody: it is lost, once', async () => {
    const { lines } = await judge(
      [acked('a', { time: '2026-01-01T00:00:01Z' }), acked('b', { time: '2026-01-01T00:00:02Z' })],
      [{ id: 'b' }],
    );
    expect(lines).toEqual(['lost a']);
  });

  test('one message acknowledged twice there, or two in other partitions or without any, prove nothing', async () => {
    const received = ['a', 'b'].map((id) => ({ id, partition: 0 }));
    for (const sent of [
      [acked('a'), acked('a'), acked('b', { position: 6 })],
      [acked('a'), acked('b', { partition: 1 })],
      [acked('a', { partition: undefined }), acked('b', { partition: undefined }), acked('c', { position: 7 })],
      [acked('a'), { ...acked('b'), outcome: 'unknown' }],
    ]) {
      expect((await judge(sent, received)).lines.filter((line) => line.startsWith('rolled-back'))).toEqual([]);
    }
  });
});

test('of acknowledgements alone, what was received beyond them was sent, and its answer lost', async () => {
  const sent = [{ id: 'a', outcome: 'acked' }];
  const received = [{ id: 'a' }, { id: 'b' }];
  expect((await judge(sent, received)).lines).toEqual(['phantom b consumers']);
  const { audit, lines, records } = await judge(sent, received, { acksOnly: true });
  expect([lines, audit.verdict.value]).toEqual([['recovered b'], 'pass']);
  expect(records.assumptions[0]).toMatch(/^sent.ndjson holds acknowledgements alone/);
});
