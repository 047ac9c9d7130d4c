/** The record of a run, as an audit wrote it. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { ToolError } from '../errors.ts';
import { type RunRecord, recordVersion } from '../report/record.ts';
import type { RunFolder } from '../run/folder/folder.ts';
import { shownPath } from './shown-path.ts';

/** @throws ToolError `no-record`, `record-version`, `record-unreadable` (exit 2), each with the remedy. */
export function readRecord(folder: RunFolder): RunRecord {
  const hint = `mqchaos audit ${shownPath(folder.path)}`;
  if (!existsSync(folder.record)) {
    throw new ToolError(`${shownPath(folder.path)} has no record.json`, { code: 'no-record', hint });
  }
  const raw = parse(folder);
  const version = (raw as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version !== recordVersion) {
    throw new ToolError(`${shownPath(folder.record)} is of version ${version}; this mqchaos reads ${recordVersion}`, {
      code: 'record-version',
      hint,
    });
  }
  const record = recordShape.safeParse(raw);
  if (record.success) return raw as RunRecord;
  throw unreadable(folder, record.error);
}

function parse(folder: RunFolder): unknown {
  try {
    return JSON.parse(readFileSync(folder.record, 'utf8'));
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

function unreadable({ path, record }: RunFolder, cause: unknown): ToolError {
  const hint = `mqchaos audit ${shownPath(path)}`;
  return new ToolError(`${shownPath(record)} is not a record`, { code: 'record-unreadable', hint, cause });
}

/** So much that nothing but a record is taken for one; what is in its parts is the audit's. */
const recordShape = z.looseObject({
  version: z.literal(recordVersion),
  verdict: z.looseObject({ value: z.enum(['pass', 'fail', 'inconclusive']), reasons: z.array(z.string()) }),
  counts: z.looseObject({}),
  findings: z.array(z.looseObject({ class: z.string() })),
  faults: z.array(z.looseObject({ id: z.string() })),
});
