/** Judges somebody else's records: the same audit, without a plan, faults or a broker. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditRun } from '../audit/audit.ts';
import { forbiddenByDefault } from '../audit/class.ts';
import { isAlive } from '../cluster/process.ts';
import { importRecords } from '../journal/import.ts';
import { type RunRecord, recordOf } from '../report/record.ts';
import { FindingsFile } from './findings-file.ts';
import { refuseFull, runFolder } from './folder.ts';
import { writeRecord } from './judge.ts';

export interface ForeignRequest {
  readonly sent: string;
  readonly received: string;
  /** False: the received file is only a part of what the consumers received. */
  readonly complete: boolean;
  /** Where record, findings and reports go; absent: nowhere. */
  readonly out?: string;
}

const temporary = 'mqchaos-import-';

/** @throws ToolError (exit 2) for files that cannot be read and a folder that is not empty. */
export async function judgeForeign({ sent, received, complete, out }: ForeignRequest): Promise<RunRecord> {
  if (out !== undefined) {
    refuseFull(out);
    mkdirSync(out, { recursive: true });
  }
  const folder = out === undefined ? undefined : runFolder(out);
  using work = workFolder();
  using imported = await importRecords({ sent, received, complete, folder: work.path });
  using findings = folder === undefined ? undefined : new FindingsFile(folder.findings);
  const audit = await auditRun({
    journals: imported.journals,
    expectation: { limits: Object.fromEntries(forbiddenByDefault.map((name) => [name, 0])) },
    incidents: imported.incidents,
    undecided: imported.undecided,
    names: imported.names,
    ...(findings === undefined ? {} : { onLines: (bytes) => findings.write(bytes) }),
  });
  findings?.keep();
  const record = recordOf(audit);
  if (folder !== undefined) writeRecord(folder, record);
  return record;
}

/** Removes work folders of audits that were killed. Returns how many there were. */
export function sweepWorkFolders(): number {
  const stale = readdirSync(tmpdir()).filter((name) => {
    const pid = name.startsWith(temporary) ? name.slice(temporary.length) : '';
    return /^[0-9]+$/.test(pid) && !isAlive(Number(pid)); // whatever else is called so is not ours
  });
  for (const name of stale) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  return stale.length;
}

/** A folder named by our process, so that the next audit, or `doctor clean`, can tell that nobody needs it any more. */
function workFolder(): Disposable & { readonly path: string } {
  sweepWorkFolders();
  const path = join(tmpdir(), `${temporary}${process.pid}`);
  mkdirSync(path);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
