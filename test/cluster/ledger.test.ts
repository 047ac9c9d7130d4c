import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { closeEntries, Ledger, readOpenEntries } from '../../src/cluster/undo/ledger.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqchaos-ledger-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('names what is open, newest first, and the tool itself', () => {
  const path = join(folder, 'ledger.ndjson');
  using ledger = new Ledger(path);
  const topic = ledger.add({ kind: 'topic', topic: 't' });
  ledger.add({ kind: 'processes', run: folder });
  ledger.done(topic);
  expect(readOpenEntries(path).map(({ entry }) => entry.kind)).toEqual(['processes', 'runner']);
});

it('survives a tool that was killed in the middle of a line', () => {
  const path = join(folder, 'ledger.ndjson');
  using ledger = new Ledger(path);
  const id = ledger.add({ kind: 'topic', topic: 't' });
  appendFileSync(path, '{"id":3,"entry":{"kind":"to');
  expect(readOpenEntries(path).map((open) => open.id)).toEqual([id, 1]);
  closeEntries(path, [id]);
  expect(readOpenEntries(path).map((open) => open.id)).toEqual([1]);
});

it('never takes over a ledger that is there', () => {
  const path = join(folder, 'ledger.ndjson');
  using _ledger = new Ledger(path);
  expect(() => new Ledger(path)).toThrow(/EEXIST/);
});
