/** The faults of a cluster or a link that stands on its own: done on order, healed after their time or on order, told as they go. */
import type { Controlled, Evidence } from '../../cluster/controls.ts';
import { exitCodes, messageOf, ToolError } from '../../errors.ts';
import { findFault } from '../../faults/registry.ts';
import { type FaultRecorder, FaultWindow } from '../../faults/window.ts';
import type { FaultPlan } from '../../plan/plan.ts';

/** What a heal tells. */
export interface Healed {
  readonly evidence: readonly Evidence[];
  /** Why the fault has not done what it names. */
  readonly missed?: string;
}

/**
 * A fault that was done. `healed` resolves when it is healed, or without evidence when the cluster ends before that.
 * It is absent from a fault that waits for an order to heal, and from one that healed itself.
 */
export interface Injected {
  readonly id: string;
  readonly do: string;
  readonly targets: readonly string[];
  readonly evidence: readonly Evidence[];
  readonly inForce: boolean;
  readonly healed?: Promise<Healed>;
}

interface InForce {
  readonly window: FaultWindow;
  readonly sinceMs: number;
}

/** A fault as `status` shows it. */
export interface FaultState {
  readonly id: string;
  readonly do: string;
  readonly targets: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly forMs: number;
  /** Absent: until it is healed by order. */
  readonly leftMs?: number;
}

interface StandingFaultsParts {
  readonly seed: number;
  /** Whose subcommands give orders: `mqchaos broker`. */
  readonly command: string;
  /** What happens, a line each. */
  readonly tell: (text: string) => void;
  /** Puts a step on record before the next one. Absent: nobody keeps a record. */
  readonly write?: FaultRecorder;
}

export class StandingFaults {
  readonly #nodes: readonly Controlled[];
  readonly #seed: number;
  readonly #tell: (text: string) => void;
  readonly #command: string;
  readonly #write: FaultRecorder;
  readonly #inForce = new Map<string, InForce>();
  readonly #ending = new AbortController();

  constructor(nodes: readonly Controlled[], { seed, command, tell, write = () => {} }: StandingFaultsParts) {
    this.#nodes = nodes;
    this.#write = write;
    this.#seed = seed;
    this.#tell = tell;
    this.#command = command;
  }

  list(): FaultState[] {
    const now = performance.now();
    return [...this.#inForce.values()].map(({ window: { plan, targets }, sinceMs }) => ({
      id: plan.id,
      do: plan.do,
      targets: targets.map(({ id }) => id),
      parameters: plan.parameters ?? {},
      forMs: Math.round(now - sinceMs),
      ...(plan.forMs === undefined ? {} : { leftMs: Math.max(0, Math.round(sinceMs + plan.forMs - now)) }),
    }));
  }

  /**
   * @throws ToolError (exit 4) `under-fault`; `not-injected`: what was done by then is undone; `not-healed`: it is not, and
   * the fault stays in force.
   */
  async inject(plan: FaultPlan): Promise<Injected> {
    const fault = findFault(plan.do);
    if (fault === undefined) throw new Error(`there is no fault ${plan.do}`);
    const names = plan.target.type === 'nodes' ? plan.target.nodes : [];
    const targets = this.#nodes.filter(({ id }) => names.includes(id));
    this.#refuseHeld(names);
    const parts = { seed: this.#seed, record: this.#record, over: this.#ending.signal };
    const window = new FaultWindow({ plan, fault, targets, ...parts });
    this.#inForce.set(plan.id, { window, sinceMs: performance.now() });
    const injected = await window.inject();
    if (!injected.ok) return this.#undo(window, injected.error);
    const inForce = window.healable;
    if (!inForce) await this.#heal(window); // it is done: that it is over is on record, too
    const done = { id: plan.id, do: plan.do, targets: names, evidence: injected.evidence, inForce };
    return inForce && plan.forMs !== undefined ? { ...done, healed: this.#healAfter(window) } : done;
  }

  /**
   * Heals one fault now, or with `all` every one.
   * @throws ToolError `no-such-fault` (exit 2), `not-healed` (exit 4).
   */
  async heal(which: string): Promise<(Healed & { readonly id: string })[]> {
    const chosen = [...this.#inForce.values()].filter(
      ({ window: { plan, targets } }) => which === 'all' || plan.id === which || targets.some(({ id }) => id === which),
    );
    if (chosen.length === 0 && which !== 'all') {
      const ids = [...this.#inForce.keys()];
      throw new ToolError(`no fault '${which}' is in force${ids.length === 0 ? '' : `: there are ${ids.join(', ')}`}`, {
        code: 'no-such-fault',
        hint: `${this.#command} status`,
      });
    }
    return Promise.all(chosen.map(async ({ window }) => ({ id: window.plan.id, ...(await this.#heal(window)) })));
  }

  /** Nothing is healed by itself any more: the nodes end. */
  end(): void {
    this.#ending.abort();
  }

  readonly #record: FaultRecorder = (step, detail) => {
    this.#write(step, detail);
    const { id, do: deed, targets } = detail;
    const what = `${id} ${deed} ${targets.join(', ')}`;
    if (step === 'injected') this.#tell(`▼ ${what}`);
    if (step !== 'healed') return;
    this.#inForce.delete(id);
    this.#tell(`▲ ${what} healed`);
  };

  /** What was done to some of the targets must not stay. If it does, the fault is in force and can be healed again. */
  async #undo(window: FaultWindow, error: unknown): Promise<never> {
    const { id, do: deed } = window.plan;
    const refused = `${deed} was not done: ${messageOf(error)}`;
    if (!window.healable) this.#inForce.delete(id);
    else {
      const left = await this.#heal(window).then(() => undefined, messageOf);
      if (left !== undefined) throw refusal(`${refused}; ${left}`, 'not-healed', `${this.#command} heal ${id}`);
    }
    throw refusal(refused, 'not-injected', `${this.#command} status`);
  }

  #healAfter(window: FaultWindow): Promise<Healed> {
    const { signal } = this.#ending;
    const held = window.hold(() => true);
    const healed = held.then(() => (signal.aborted ? { evidence: [] } : this.#heal(window)));
    healed.catch((error: unknown) => this.#tell(messageOf(error))); // whoever gave the order may be gone
    return healed;
  }

  /** Stays in force when it could not be healed, for another try. */
  async #heal(window: FaultWindow): Promise<Healed> {
    const healed = await window.heal();
    const { id } = window.plan;
    if (healed.ok) {
      const { evidence, missed } = healed;
      if (missed === undefined) return { evidence };
      this.#tell(`✗ ${id} ${missed}`);
      return { evidence, missed };
    }
    throw refusal(`${id} was not healed: ${messageOf(healed.error)}`, 'not-healed', `${this.#command} heal ${id}`);
  }

  #refuseHeld(names: readonly string[]): void {
    for (const { window } of this.#inForce.values()) {
      const { plan, targets } = window;
      const held = targets.find(({ id }) => names.includes(id));
      if (held === undefined) continue;
      throw refusal(`${held.id} is under ${plan.id} (${plan.do})`, 'under-fault', `${this.#command} heal ${plan.id}`);
    }
  }
}

function refusal(message: string, code: string, hint: string): ToolError {
  return new ToolError(message, { code, hint, exitCode: exitCodes.setup });
}
