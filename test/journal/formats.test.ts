import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { ForeignFiles } from '../../src/journal/import.ts';
import { histories, type Planted } from './support/history.ts';
import { Judging } from './support/judged.ts';
import { type Writing, type Written, writings } from './support/written.ts';

const judging = new Judging();
afterAll(() => judging[Symbol.dispose]());

function files(
  { sent, received }: Written,
  shape: (text: string) => string | Buffer = (text) => text,
): { sent: ForeignFiles; received: ForeignFiles } {
  const side = (name: string, { text, ...reading }: Written['sent']) => ({
    ...reading,
    files: [judging.put(name, shape(text))],
  });
  return { sent: side('sent', sent), received: side('received', received) };
}

/** What the audit must say of a history, in the words that the format allows. */
function expected({ truth, receipts, sends }: Planted, { duplicate, timeless, name }: Writing): string[] {
  const partitions = new Map([...receipts, ...sends].map(({ id, partition }) => [id, partition]));
  const shown = (id: string): string =>
    name === 'csv' ? `a,"${id}"` : name === 'jepsen' ? `${partitions.get(id)}/${id}` : id;
  return truth.map(({ class: found, ids }) => {
    const [first = '', second = ''] = ids.map(shown);
    if (found === 'duplicate') return `${duplicate} ${first}`;
    if (found === 'rolled-back' && timeless) return `rolled-back ${[first, second].sort().join(' or ')}`;
    return `${found} ${first}`;
  });
}

describe.each(writings)('a history as $name', (writing) => {
  test('is judged as it was planted, compressed or not, in any number of parts', async () => {
    const history = histories(writing.without);
    await fc.assert(
      fc.asyncProperty(history, fc.boolean(), fc.integer({ min: 1, max: 3 }), async (planted, zip, parts) => {
        const given = files(writing.write(planted), (text) => (zip ? gzipSync(text) : text));
        const { lines, records, audit } = await judging.judge({ ...given, parts });
        expect(records.incidents).toEqual([]);
        expect(lines.map(eitherWay).sort()).toEqual(expected(planted, writing).sort());
        const bad = planted.truth.some(({ class: name }) => ['lost', 'phantom', 'rolled-back'].includes(name));
        expect(audit.verdict.value).toBe(bad ? 'fail' : 'pass');
      }),
      { numRuns: 40 },
    );
  });

  test('that was cut accuses nobody of what the cut may have taken', async () => {
    const accusing = /^(lost|phantom|skipped|contradicted|rolled-back|corrupt|misrouted|reordered) /;
    await fc.assert(
      fc.asyncProperty(histories(writing.without), fc.integer({ min: 2, max: 9 }), async (planted, cut) => {
        const truth = new Set((await judging.judge(files(writing.write(planted)))).lines);
        const given = files(writing.write(planted), (text) => text.slice(0, -cut));
        const { lines, audit } = await judging.judge(given);
        expect(audit.verdict.value).not.toBe('pass');
        expect(lines.filter((line) => accusing.test(line) && !truth.has(line))).toEqual([]);
        expect(lines.filter((line) => /^(lost|phantom) /.test(line))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});

function eitherWay(line: string): string {
  const [, name, one, other] = /^(rolled-back) (.*) or (.*)$/.exec(line) ?? [];
  return name === undefined ? line : `${name} ${[one, other].sort().join(' or ')}`;
}
