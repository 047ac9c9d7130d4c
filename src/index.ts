/**
 * The programmatic interface: each stage of the pipeline as a function. What the command line does is made of these.
 *
 * ```ts
 * const plan = compilePlan(loadProfile('quick'), 7);
 * const folder = makeRunFolder(plan.seed, 'out');
 * await run(plan, folder, silent, AbortSignal.timeout(60_000));
 * const record = await judge(folder);
 * ```
 */
export { type Audit, type AuditRequest, auditRun, type Counts, type Finding, type Verdict } from './audit/audit.ts';
export { type Clause, type Contract, type Expectation, type FindingClass, findingClasses } from './audit/class.ts';
export { type ExitCode, exitCodes, ToolError } from './errors.ts';
export type { ForeignFiles } from './journal/import.ts';
export { compilePlan } from './plan/compile.ts';
export { contractOf } from './plan/contract.ts';
export { decodePlan, encodePlan } from './plan/encode.ts';
export type { Plan } from './plan/plan.ts';
export { type LoadOptions, loadProfile } from './profile/load.ts';
export type { Profile } from './profile/schema/schema.ts';
export { type RunRecord, recordVersion } from './report/record.ts';
export { findRun, makeRunFolder, type RunFolder } from './run/folder/folder.ts';
export { type ForeignRequest, judgeForeign } from './run/foreign/foreign.ts';
export { judge } from './run/judge.ts';
export { type Cut, type RunObserver, run, silent } from './run/run.ts';
export type { RunView } from './run/watch.ts';
