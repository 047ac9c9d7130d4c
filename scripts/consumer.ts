/** A program that uses everything that `mqchaos` exports: compiled by scripts/check-package.mjs, and never run. */
import {
  type Audit,
  type AuditRequest,
  auditRun,
  type Clause,
  type Contract,
  type Counts,
  type Cut,
  compilePlan,
  contractOf,
  decodePlan,
  type ExitCode,
  type Expectation,
  encodePlan,
  exitCodes,
  type Finding,
  type FindingClass,
  type ForeignRequest,
  findingClasses,
  findRun,
  judge,
  judgeForeign,
  type LoadOptions,
  loadProfile,
  makeRunFolder,
  type Plan,
  type Profile,
  type RunFolder,
  type RunObserver,
  type RunRecord,
  type RunView,
  type recordVersion,
  run,
  silent,
  ToolError,
  type Verdict,
} from 'mqchaos';

const options: LoadOptions = { set: ['producers.messages=400'] };
const profile: Profile = loadProfile('quick', options);
const plan: Plan = compilePlan(profile, 7);
const again: Plan = decodePlan(encodePlan(plan), 'plan.json');
const contract: Contract = contractOf(again);
const clause: Clause = contract.lost;
const expectation: Expectation = plan.expect;
const classes: readonly FindingClass[] = findingClasses;
const folder: RunFolder = makeRunFolder(plan.seed, 'out');
const observer: RunObserver = {
  ...silent,
  incident: (text: string) => process.stderr.write(text),
  watching: (look: () => RunView) => void look().counters.acked,
};

try {
  const cut: Cut | undefined = await run(plan, folder, observer, AbortSignal.timeout(60_000));
  const record: RunRecord = await judge(findRun(folder.path));
  const verdict: Verdict = record.verdict;
  const counts: Counts = record.counts;
  const example: Finding | undefined = record.findings[0]?.examples[0];
  const version: 1 = record.version satisfies typeof recordVersion;
  const foreign: ForeignRequest = { sent: 'sent', received: 'received', complete: true };
  const other: RunRecord = await judgeForeign(foreign);
  const request: AuditRequest = { journals: [], expectation: { limits: { lost: 0 } } };
  const audit: Audit = await auditRun(request);
  const code: ExitCode = exitCodes[verdict.value];
  process.stdout.write(
    JSON.stringify([
      cut,
      counts.lost,
      example?.message,
      version,
      other.run,
      audit.topic,
      code,
      clause,
      expectation,
      classes,
    ]),
  );
} catch (error) {
  if (!(error instanceof ToolError)) throw error;
  process.exitCode = error.exitCode;
}
