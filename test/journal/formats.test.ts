import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/audit/audit.ts';
import { auditRun } from '../../src/audit/audit.ts';
import { contestsCheck } from '../../src/audit/checks/contests.ts';
import { checks } from '../../src/audit/checks/registry.ts';
import { forbiddenByDefault } from '../../src/audit/class.ts';
import { type ForeignFiles, type ImportRequest, importRecords } from '../../src/journal/import.ts';
import { histories, type Planted } from './support/history.ts';
import { type Writing, type Written, writings } from './support/written.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqchaos-import-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function judge(request: Omit<ImportRequest, 'folder'>) {
  using records = await importRecords({ ...request, folder });
  const found: Finding[] = [];
  const audit = await auditRun({
    ...records,
    checks: [...checks, contestsCheck(records.contests)],
    expectation: { limits: Object.fromEntries(forbiddenByDefault.map((name) => [name, 0])) },
    onFinding: (finding) => found.push(finding),
  });
  return { audit, found, lines: found.map(({ class: name, message }) => `${name} ${message}`).sort(), records };
}

function put(name: string, text: string | Buffer): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function files(
  { sent, received }: Omit<Written, 'format'>,
  shape: (text: string) => string | Buffer = (text) => text,
): { sent: ForeignFiles; received: ForeignFiles } {
  const side = (name: string, { text, ...reading }: Written['sent']) => ({
    ...reading,
    files: [put(name, shape(text))],
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
    const shape = fc.boolean();
    await fc.assert(
      fc.asyncProperty(
        histories(writing.without),
        shape,
        fc.integer({ min: 1, max: 3 }),
        async (history, zip, parts) => {
          const given = files(writing.write(history), (text) => (zip ? gzipSync(text) : text));
          const { lines, records, audit } = await judge({ ...given, parts });
          expect(records.incidents).toEqual([]);
          expect(lines.map(eitherWay).sort()).toEqual(expected(history, writing).sort());
          const bad = history.truth.some(({ class: name }) => ['lost', 'phantom', 'rolled-back'].includes(name));
          expect(audit.verdict.value).toBe(bad ? 'fail' : 'pass');
        },
      ),
      { numRuns: 40 },
    );
  });

  test('that was cut accuses nobody of what the cut may have taken', async () => {
    await fc.assert(
      fc.asyncProperty(histories(writing.without), fc.integer({ min: 2, max: 9 }), async (history, cut) => {
        const whole = files(writing.write(history));
        const truth = new Set((await judge(whole)).lines);
        const given = files(writing.write(history), (text) => text.slice(0, -cut));
        const { lines, audit } = await judge(given);
        expect(audit.verdict.value).not.toBe('pass');
        const accused = /^(lost|phantom|skipped|contradicted|rolled-back|corrupt|misrouted|reordered) /;
        expect(lines.filter((line) => accused.test(line) && !truth.has(line))).toEqual([]);
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
