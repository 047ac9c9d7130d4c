/** Judges somebody else's records: the same audit, without a plan, faults or a broker. */
import { auditRun } from '../../audit/audit.ts';
import { availabilityCheck } from '../../audit/checks/availability.ts';
import { contestsCheck } from '../../audit/checks/contests.ts';
import { checks } from '../../audit/checks/registry.ts';
import { forbiddenByDefault } from '../../audit/class.ts';
import { effectsQuery } from '../../effects/asked/query.ts';
import { type ForeignFiles, importRecords } from '../../journal/import.ts';
import { type RunRecord, recordOf } from '../../report/record.ts';
import { FindingsFile } from '../folder/findings-file.ts';
import { makeFolder, refuseFull, runFolder } from '../folder/folder.ts';
import { workFolder } from '../folder/temporary.ts';
import { writeRecord } from '../judge.ts';
import { writeEffects } from './asked-effects.ts';
import { clusterLog } from './cluster-log.ts';

export interface ForeignRequest {
  /** A path, or several and how they are read (docs/own-records.md). */
  readonly sent: ForeignFiles | string;
  readonly received: ForeignFiles | string;
  /** What processing did to the outside. */
  readonly effects?: ForeignFiles | string;
  /** A file with a query to the database in which processing had its effects; instead of `effects`. */
  readonly effectsQuery?: string;
  /** False: the received files are only a part of what the consumers received. */
  readonly complete: boolean;
  /** The sent file holds acknowledgements alone. */
  readonly acksOnly?: boolean;
  /** The folder of the standing cluster that the application ran against: what it holds, and the faults ordered there. */
  readonly cluster?: string;
  /** What of a record there is the id: `key`, `value`, `header:NAME`, `json:PATH`; absent: it is known by its place. */
  readonly clusterId?: string;
  /** Where record, findings and reports go; absent: nowhere. */
  readonly out?: string;
}

/** @throws ToolError (exit 2) for files that cannot be read and a folder that is not empty. */
export async function judgeForeign(request: ForeignRequest): Promise<RunRecord> {
  const { out, cluster, clusterId, effectsQuery: asked, ...files } = request;
  const query = asked === undefined ? undefined : effectsQuery(asked, process.env);
  const log = cluster === undefined ? undefined : clusterLog(cluster, clusterId);
  if (out !== undefined) {
    refuseFull(out);
    makeFolder(out);
  }
  const folder = out === undefined ? undefined : runFolder(out);
  using work = workFolder('import');
  const effects =
    query === undefined || asked === undefined ? files.effects : await writeEffects(query, asked, work.path);
  using imported = await importRecords({ ...files, effects, folder: work.path, log });
  using findings = folder === undefined ? undefined : new FindingsFile(folder.findings);
  const audit = await auditRun({
    journals: imported.journals,
    expectation: { limits: Object.fromEntries(forbiddenByDefault.map((name) => [name, 0])) },
    incidents: imported.incidents,
    undecided: imported.undecided,
    checks: [...checks.filter((check) => check !== availabilityCheck), contestsCheck(imported.contests)],
    faultsByHand: true,
    names: imported.names,
    ...(findings === undefined ? {} : { onLines: (bytes) => findings.write(bytes) }),
  });
  findings?.keep();
  const record = { ...recordOf(audit), assumptions: imported.assumptions };
  if (folder !== undefined) writeRecord(folder, record, imported.timed ? audit.timeline : undefined);
  return record;
}
