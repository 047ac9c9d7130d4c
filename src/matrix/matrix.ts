/**
 * Carries out a matrix: every measure on and off under the same faults, run after run, each in a folder of its own and
 * judged like any other. What is done is written down at once, so that it can go on after any death.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, ToolError } from '../errors.ts';
import { compilePlan } from '../plan/compile.ts';
import { encodePlan } from '../plan/encode.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunRecord } from '../report/record.ts';
import { clean } from '../run/folder/clean.ts';
import { makeRunFolder, type RunFolder, runFolder, writeWhole } from '../run/folder/folder.ts';
import { own } from '../run/folder/owner.ts';
import { trim } from '../run/folder/trim.ts';
import { judge } from '../run/judge.ts';
import { type Cut, type RunObserver, run } from '../run/run.ts';
import type { Choices } from './choices.ts';
import type { MatrixFolder } from './folder.ts';
import { renderMatrixJunit } from './junit.ts';
import { renderMatrixMarkdown } from './markdown.ts';
import { type MatrixRecord, matrixRecord } from './record.ts';
import { asItShould, type Result, resultOf, setUpFailed } from './result.ts';
import { ResultsFile } from './results-file.ts';
import type { Row } from './row.ts';
import { type Step, stepsOf } from './step.ts';

export interface MatrixObserver {
  /** A run begins: the `index`th, from 1, of `total`. Observed until it ends. */
  begin(step: Step, index: number, total: number): RunObserver & Disposable;
  /** `counted`: false for one that was cut, and is to be done again. */
  done(step: Step, result: Result, index: number, total: number, counted: boolean): void;
}

export interface MatrixEnd {
  readonly record: MatrixRecord;
  /** The signal that interrupted it. */
  readonly cut?: Cut;
}

/**
 * @param rows from `openRows`.
 * @param signal aborts with a `Cut` as its reason: the run is healed and judged, and nothing begins after it.
 * @throws ToolError when another process is at work in the folder, when the profiles are not those that it was begun
 *   with (exit 2), or when the first run could not be set up (exit 4).
 */
export async function carryOutMatrix(
  folder: MatrixFolder,
  choices: Choices,
  rows: readonly Row[],
  observer: MatrixObserver,
  signal: AbortSignal,
): Promise<MatrixEnd> {
  own(folder.path);
  using results = new ResultsFile(folder.results);
  return await new Matrix(folder, choices, rows, results, observer, signal).carryOut();
}

class Matrix {
  readonly #folder: MatrixFolder;
  readonly #choices: Choices;
  readonly #rows: readonly Row[];
  readonly #results: ResultsFile;
  readonly #observer: MatrixObserver;
  readonly #signal: AbortSignal;
  readonly #steps: readonly Step[];
  #begun = 0;

  constructor(
    folder: MatrixFolder,
    choices: Choices,
    rows: readonly Row[],
    results: ResultsFile,
    observer: MatrixObserver,
    signal: AbortSignal,
  ) {
    this.#folder = folder;
    this.#choices = choices;
    this.#rows = rows;
    this.#results = results;
    this.#observer = observer;
    this.#signal = signal;
    const measures = rows.filter(({ missing }) => missing === undefined).map(({ measure }) => measure);
    this.#steps = stepsOf(measures, choices.seed, choices.repeat);
  }

  async carryOut(): Promise<MatrixEnd> {
    const done = new Set(this.#results.all.map(({ folder }) => folder));
    for (const step of this.#steps) if (done.has(step.folder)) this.#refuseChanged(step);
    let record = this.#written();
    for (const [index, step] of this.#steps.entries()) {
      if (this.#signal.aborted) break;
      if (done.has(step.folder)) continue;
      await this.#carryOut(step, index + 1);
      record = this.#written();
    }
    return { record, ...(this.#signal.aborted ? { cut: this.#signal.reason as Cut } : {}) };
  }

  async #carryOut(step: Step, index: number): Promise<void> {
    const folder = await this.#emptyFolder(step);
    const fromMs = performance.now();
    const { record, cut, reason } = await this.#run(step, index, folder);
    const tookMs = performance.now() - fromMs;
    const result =
      record === undefined
        ? setUpFailed(step, reason ?? 'not set up', tookMs)
        : resultOf(step, this.#rowOf(step).measure, record, tookMs);
    // a run that was cut shows nothing, unless it failed: that rests on evidence of its own
    const counted = cut === undefined || cut === 'limit' || result.verdict === 'fail';
    if (counted && asItShould(result)) trim(folder);
    if (counted) this.#results.add(result);
    this.#observer.done(step, result, index, this.#steps.length, counted);
  }

  async #run(
    step: Step,
    index: number,
    folder: RunFolder,
  ): Promise<{ record?: RunRecord; cut?: Cut | undefined; reason?: string }> {
    using observer = this.#observer.begin(step, index, this.#steps.length);
    this.#begun += 1;
    try {
      const cut = await run(this.#planOf(step), folder, observer, this.#signal);
      return { record: await judge(folder), cut };
    } catch (error) {
      // where nothing works yet there is no use in trying all the others
      if (!(error instanceof ToolError) || error.exitCode !== exitCodes.setup || this.#begun === 1) throw error;
      return { reason: `not set up: ${error.message}` };
    }
  }

  /** What a killed matrix left of this run is undone and removed. @throws ToolError while its tool is at work. */
  async #emptyFolder(step: Step): Promise<RunFolder> {
    const path = join(this.#folder.path, step.folder);
    const left = runFolder(path);
    if (existsSync(left.ledger)) {
      const failed = (await clean(left)).undone.filter(({ ok }) => !ok);
      if (failed.length > 0) {
        throw new ToolError(`${path}: ${failed.map(({ what }) => what).join('; ')}`, {
          code: 'not-clean',
          hint: `mqchaos doctor clean ${path}`,
          exitCode: exitCodes.setup,
        });
      }
    }
    rmSync(path, { recursive: true, force: true });
    return makeRunFolder(step.seed, path);
  }

  /** Runs of two different plans are not to be counted together. */
  #refuseChanged(step: Step): void {
    const { plan } = runFolder(join(this.#folder.path, step.folder));
    if (existsSync(plan) && readFileSync(plan, 'utf8') === encodePlan(this.#planOf(step))) return;
    throw new ToolError(`${plan} is not the plan that ${step.measure} has now`, {
      code: 'matrix-changed',
      hint: 'profiles, cluster and mqchaos must be as they were when it was begun; else begin anew',
    });
  }

  #planOf(step: Step): Plan {
    const profile = this.#rowOf(step).profiles.get(step.half);
    if (profile === undefined) throw new Error(`no ${step.half} half of ${step.measure}`);
    return compilePlan(profile, step.seed);
  }

  #rowOf({ measure }: Step): Row {
    const row = this.#rows.find((each) => each.measure.name === measure);
    if (row === undefined) throw new Error(`no row ${measure}`);
    return row;
  }

  /** The table of what there is so far. */
  #written(): MatrixRecord {
    const record = matrixRecord(this.#choices, this.#rows, this.#results.all);
    writeWhole(this.#folder.record, `${JSON.stringify(record, undefined, 2)}\n`);
    writeWhole(this.#folder.markdown, renderMatrixMarkdown(record));
    writeWhole(this.#folder.junit, renderMatrixJunit(record));
    return record;
  }
}
