/**
 * One profile with many seeds, run after run, each in a folder of its own and judged like any other. What is done is
 * written down at once, so that it is there after any death.
 */
import { join } from 'node:path';
import { exitCodes, ToolError } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import { makeRunFolder, pointLatest } from '../run/folder/folder.ts';
import { own } from '../run/folder/owner.ts';
import { trim } from '../run/folder/trim.ts';
import { judge } from '../run/judge.ts';
import { type Cut, type RunObserver, run } from '../run/run.ts';
import { stepsOf, writeRepeat } from './folder.ts';
import {
  type Asked,
  type RepeatedRun,
  type RepeatRecord,
  repeatedRun,
  repeatRecord,
  type Step,
  setUpFailed,
} from './record.ts';
import { seedsOf } from './seeds.ts';

export interface RepeatObserver {
  /** A run begins. Observed until it ends. */
  begin(step: Step): RunObserver & Disposable;
  /** `counted`: false for one that was cut short, and shows nothing. */
  done(run: RepeatedRun, counted: boolean): void;
}

export interface RepeatEnd {
  readonly record: RepeatRecord;
  /** The signal that interrupted it. */
  readonly cut?: Cut;
}

/**
 * @param folder from `makeRepeatFolder`.
 * @param signal aborts with a `Cut` as its reason: the run is healed and judged, and nothing begins after it.
 * @throws ToolError (exit 4) when the first run could not be set up.
 */
export async function repeat(
  folder: string,
  asked: Asked,
  planOf: (seed: number) => Plan,
  observer: RepeatObserver,
  signal: AbortSignal,
): Promise<RepeatEnd> {
  own(folder);
  const runs: RepeatedRun[] = [];
  for (const step of stepsOf(seedsOf(asked.seed, asked.repeat))) {
    const { result, counted } = await carryOut(step, join(folder, step.folder), planOf, observer, signal);
    if (counted) runs.push(result);
    observer.done(result, counted);
    writeRepeat(folder, repeatRecord(asked, runs));
    if (signal.aborted || (asked.untilFailure && result.verdict === 'fail')) break;
  }
  return { record: repeatRecord(asked, runs), ...(signal.aborted ? { cut: signal.reason as Cut } : {}) };
}

async function carryOut(
  step: Step,
  path: string,
  planOf: (seed: number) => Plan,
  observer: RepeatObserver,
  signal: AbortSignal,
): Promise<{ result: RepeatedRun; counted: boolean }> {
  const fromMs = performance.now();
  const folder = makeRunFolder(step.seed, path);
  pointLatest(folder.path);
  using watching = observer.begin(step);
  try {
    const cut = await run(planOf(step.seed), folder, watching, signal);
    const record = await judge(folder);
    if (record.verdict.value === 'pass') trim(folder); // many runs must not fill the disk
    // a run that was cut shows nothing, unless it failed: that rests on evidence of its own
    const counted = cut === undefined || cut === 'limit' || record.verdict.value === 'fail';
    return { result: repeatedRun(step, record, performance.now() - fromMs), counted };
  } catch (error) {
    // where nothing works yet there is no use in trying all the others
    if (!(error instanceof ToolError) || error.exitCode !== exitCodes.setup || step.repetition === 1) throw error;
    return { result: setUpFailed(step, `not set up: ${error.message}`, performance.now() - fromMs), counted: true };
  }
}
