/** The faults of a run as they come and go, each with the time that is left to its next step. */
import type { FaultDetail, FaultStep } from '../../journal/event.ts';
import type { FaultPlan } from '../../plan/plan.ts';
import type { RunView } from '../../run/watch.ts';

export interface FaultView {
  readonly id: string;
  /** `kill b1`. */
  readonly what: string;
  /** Whom it was done to; before, whom it is planned for. */
  readonly targets: readonly string[];
  readonly state: 'to come' | 'in force' | 'over' | 'failed';
  /** `heals in 1.2 s`. */
  readonly says: string;
}

interface Seen {
  readonly step: FaultStep;
  readonly detail: FaultDetail;
  readonly atMs: number;
  readonly injectedAtMs?: number;
}

export class FaultWatch {
  readonly #plans: readonly FaultPlan[];
  readonly #seen = new Map<string, Seen>();

  constructor(plans: readonly FaultPlan[]) {
    this.#plans = plans;
  }

  /** @param atMs by the clock that `views` is asked by. */
  saw(step: FaultStep, detail: FaultDetail, atMs: number): void {
    const injectedAtMs = step === 'injected' ? atMs : this.#seen.get(detail.id)?.injectedAtMs;
    this.#seen.set(detail.id, { step, detail, atMs, ...(injectedAtMs === undefined ? {} : { injectedAtMs }) });
  }

  /**
   * In the order of the plan.
   * @param rates of messages attempted and acked, a second; 0 or less: not known yet.
   */
  views(nowMs: number, view: RunView, rates: Rates): FaultView[] {
    return this.#plans.map((plan) => {
      const seen = this.#seen.get(plan.id);
      if (seen === undefined) return toCome(plan, view, rates);
      const { do: deed, targets } = seen.detail;
      return { id: plan.id, what: `${deed} ${targets.join(', ')}`, targets, ...standing(plan, seen, nowMs) };
    });
  }
}

export interface Rates {
  readonly attempted: number;
  readonly acked: number;
}

function toCome(plan: FaultPlan, view: RunView, rates: Rates): FaultView {
  const { target, asked } = plan;
  const targets = target.type === 'nodes' ? target.nodes : target.type === 'workers' ? target.workers : [];
  const whom = targets.length === 0 ? (asked ?? 'a leader') : targets.join(', ');
  const says = due(plan.trigger, view, rates);
  return { id: plan.id, what: `${plan.do} ${whom}`, targets, state: 'to come', says };
}

function due(trigger: FaultPlan['trigger'], { messages, counters, elapsedMs }: RunView, rates: Rates): string {
  switch (trigger.type) {
    case 'time':
      return elapsedMs === 0 ? `at ${trigger.afterMs / 1000} s` : `in ${inSeconds(trigger.afterMs - elapsedMs)}`;
    case 'progress': {
      const at = `at ${Math.round(trigger.fraction * 1000) / 10}%`;
      return about(at, trigger.fraction * messages - counters.attempted, rates.attempted);
    }
    case 'acked':
      return about(`at ${trigger.messages} acked`, trigger.messages - counters.acked, rates.acked);
  }
}

function about(at: string, messages: number, rate: number): string {
  if (messages <= 0) return `${at}, now`;
  return rate <= 0 ? at : `${at}, in about ${Math.ceil(messages / rate)} s`;
}

function standing(plan: FaultPlan, { step, detail, atMs, injectedAtMs }: Seen, nowMs: number) {
  switch (step) {
    case 'injecting':
      return { state: 'in force', says: 'begins' } as const;
    case 'injected':
      return { state: 'in force', says: healing(plan, nowMs - atMs) } as const;
    case 'healing':
      return { state: 'in force', says: `is being healed, for ${inSeconds(nowMs - atMs)}` } as const;
    case 'healed': {
      const tookMs = atMs - (injectedAtMs ?? atMs);
      return { state: 'over', says: `healed after ${inSeconds(tookMs)}` } as const;
    }
    case 'failed':
      return { state: 'failed', says: `failed: ${detail.error ?? 'no reason given'}` } as const;
  }
}

function healing({ forMs }: FaultPlan, heldMs: number): string {
  return forMs === undefined ? 'until sending ends' : `heals in ${inSeconds(forMs - heldMs)}`;
}

function inSeconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}
