/** Judges somebody else's records: the same audit, without a plan, faults or a broker. */
import { auditRun } from '../audit/audit.ts';
import { contestsCheck } from '../audit/checks/contests.ts';
import { checks } from '../audit/checks/registry.ts';
import { forbiddenByDefault } from '../audit/class.ts';
import { type ForeignFiles, importRecords } from '../journal/import.ts';
import { type RunRecord, recordOf } from '../report/record.ts';
import { FindingsFile } from './findings-file.ts';
import { makeFolder, refuseFull, runFolder } from './folder.ts';
import { writeRecord } from './judge.ts';
import { workFolder } from './temporary.ts';

export interface ForeignRequest {
  /** A path, or several and how they are read (docs/own-records.md). */
  readonly sent: ForeignFiles | string;
  readonly received: ForeignFiles | string;
  /** What processing did to the outside. */
  readonly effects?: ForeignFiles | string;
  /** False: the received files are only a part of what the consumers received. */
  readonly complete: boolean;
  /** The sent file holds acknowledgements alone. */
  readonly acksOnly?: boolean;
  /** Where record, findings and reports go; absent: nowhere. */
  readonly out?: string;
}

/** @throws ToolError (exit 2) for files that cannot be read and a folder that is not empty. */
export async function judgeForeign(request: ForeignRequest): Promise<RunRecord> {
  const { out, ...files } = request;
  if (out !== undefined) {
    refuseFull(out);
    makeFolder(out);
  }
  const folder = out === undefined ? undefined : runFolder(out);
  using work = workFolder('import');
  using imported = await importRecords({ ...files, folder: work.path });
  using findings = folder === undefined ? undefined : new FindingsFile(folder.findings);
  const audit = await auditRun({
    journals: imported.journals,
    expectation: { limits: Object.fromEntries(forbiddenByDefault.map((name) => [name, 0])) },
    incidents: imported.incidents,
    undecided: imported.undecided,
    checks: [...checks, contestsCheck(imported.contests)],
    names: imported.names,
    ...(findings === undefined ? {} : { onLines: (bytes) => findings.write(bytes) }),
  });
  findings?.keep();
  const record = { ...recordOf(audit), assumptions: imported.assumptions };
  if (folder !== undefined) writeRecord(folder, record, imported.timed ? audit.timeline : undefined);
  return record;
}
