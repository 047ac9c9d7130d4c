/**
 * The window of a fault: the time from its deed to its heal. Here it is injected, held and healed, and each step is
 * recorded. When a step is due is said by the owner: the engine of a run, or the orders to a standing cluster.
 */
import type { Controlled, Evidence } from '../cluster/controls.ts';
import { messageOf } from '../errors.ts';
import type { FaultDetail, FaultStep } from '../journal/event.ts';
import type { FaultPlan } from '../plan/plan.ts';
import { pause } from '../wait.ts';
import type { Fault } from './fault.ts';

const lookEveryMs = 5;

/** Writes a step down before the window goes on. What it throws is thrown on to the owner. */
export type FaultRecorder = (step: FaultStep, detail: FaultDetail) => void;

/** What became of an injection or of a heal. A failure is on record already. */
export type StepResult =
  | {
      readonly ok: true;
      readonly evidence: readonly Evidence[];
      /** Of a heal: why the fault has not done what it names. */
      readonly missed?: string;
    }
  | { readonly ok: false; readonly error: unknown };

interface WindowParts {
  readonly plan: FaultPlan;
  readonly fault: Fault;
  readonly targets: readonly Controlled[];
  /** The run's. */
  readonly seed: number;
  readonly record: FaultRecorder;
  /** Ends whatever is waited for in the window: the injection goes on at once, and the fault is held no longer. */
  readonly over: AbortSignal;
}

export class FaultWindow {
  readonly plan: FaultPlan;
  readonly targets: readonly Controlled[];
  readonly #parts: WindowParts;
  readonly #healed = new AbortController();
  #took = false;
  #healing: Promise<StepResult> | undefined;

  constructor(parts: WindowParts) {
    this.#parts = parts;
    this.plan = parts.plan;
    this.targets = parts.targets;
  }

  /** False when the fault heals itself by being done. */
  get healable(): boolean {
    return this.#parts.fault.heal !== undefined;
  }

  /** When it fails, some targets may have been hit: `heal` undoes that. */
  async inject(why: Pick<FaultDetail, 'trigger' | 'missing'> = {}): Promise<StepResult> {
    const { plan, fault, targets, seed, over } = this.#parts;
    const { id, parameters = {} } = plan;
    this.#record('injecting', why);
    try {
      const evidence = await fault.inject(targets, { id, seed, parameters, signal: over });
      this.#took = true;
      this.#record('injected', { evidence });
      return { ok: true, evidence };
    } catch (error) {
      this.#record('failed', { error: `not injected: ${messageOf(error)}` });
      return { ok: false, error };
    }
  }

  /**
   * Resolves when the planned time has passed, when nothing more will come of the fault, when it was healed meanwhile, or
   * when `over` aborts. A fault without a planned time is held for as long as `goesOn` answers true.
   */
  async hold(goesOn: () => boolean): Promise<void> {
    const { fault, over } = this.#parts;
    const signal = AbortSignal.any([over, this.#healed.signal]);
    const { forMs } = this.plan;
    if (forMs !== undefined && fault.spent === undefined) return pause(forMs, signal);
    const end = forMs === undefined ? undefined : performance.now() + forMs;
    while (!signal.aborted && (end === undefined ? goesOn() : performance.now() < end)) {
      if (await this.#isSpent()) return;
      await pause(lookEveryMs, signal);
    }
  }

  /** Who cannot be asked now may be asked later; at the latest the heal tells what has become of it. */
  async #isSpent(): Promise<boolean> {
    const { fault, targets, plan } = this.#parts;
    return (await fault.spent?.(targets, { parameters: plan.parameters ?? {} }).catch(() => false)) ?? false;
  }

  /** Heals once, however often it is asked; a heal that failed may be tried again. */
  async heal(): Promise<StepResult> {
    this.#healing ??= this.#heal();
    const healing = this.#healing;
    const result = await healing;
    if (!result.ok && this.#healing === healing) this.#healing = undefined;
    return result;
  }

  async #heal(): Promise<StepResult> {
    const { fault, targets } = this.#parts;
    this.#record('healing');
    try {
      // A fault that heals itself is healed once it is done. One that failed is not, and nobody knows what is left of it.
      if (!this.#took && fault.heal === undefined) throw new Error('it would have healed itself');
      const evidence = (await fault.heal?.(targets)) ?? [];
      this.#record('healed', { evidence });
      this.#healed.abort();
      const missed = this.#took ? fault.missed?.(evidence, { parameters: this.plan.parameters ?? {} }) : undefined;
      if (missed === undefined) return { ok: true, evidence };
      this.#record('failed', { error: missed });
      return { ok: true, evidence, missed };
    } catch (error) {
      this.#record('failed', { error: `not healed: ${messageOf(error)}` });
      return { ok: false, error };
    }
  }

  #record(step: FaultStep, more: Partial<FaultDetail> = {}): void {
    const { plan, targets, record } = this.#parts;
    record(step, { id: plan.id, do: plan.do, targets: targets.map(({ id }) => id), ...more });
  }
}
