/** The faults of a cluster that stands on its own: done on order, healed after their time or on order. */
import type { Controlled, Evidence } from '../../cluster/controls.ts';
import { exitCodes, messageOf, ToolError } from '../../errors.ts';
import type { Fault } from '../../faults/fault.ts';
import { findFault } from '../../faults/registry.ts';
import type { FaultPlan } from '../../plan/plan.ts';

/** A fault that was done. `healed` resolves when it is over; absent: it waits for an order, or it heals itself. */
export interface Injected {
  readonly id: string;
  readonly do: string;
  readonly targets: readonly string[];
  readonly evidence: readonly Evidence[];
  readonly inForce: boolean;
  readonly healed?: Promise<readonly Evidence[]>;
}

interface InForce {
  readonly plan: FaultPlan;
  readonly fault: Fault;
  readonly targets: readonly Controlled[];
  readonly sinceMs: number;
  timer?: NodeJS.Timeout;
  /** Somebody waits for its end, whoever brings it about. */
  over?: (evidence: readonly Evidence[]) => void;
  healing?: Promise<readonly Evidence[]>;
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

export class StandingFaults {
  readonly #nodes: readonly Controlled[];
  readonly #seed: number;
  readonly #tell: (text: string) => void;
  readonly #inForce = new Map<string, InForce>();

  constructor(nodes: readonly Controlled[], seed: number, tell: (text: string) => void) {
    this.#nodes = nodes;
    this.#seed = seed;
    this.#tell = tell;
  }

  list(): FaultState[] {
    const now = performance.now();
    return [...this.#inForce.values()].map(({ plan, targets, sinceMs }) => ({
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
    const held: InForce = { plan, fault, targets, sinceMs: performance.now() };
    this.#inForce.set(plan.id, held);
    const done = { id: plan.id, do: plan.do, targets: names };
    try {
      const { id, parameters = {} } = plan;
      const evidence = await fault.inject(targets, { id, seed: this.#seed, parameters });
      this.#tell(`▼ ${id} ${plan.do} ${names.join(', ')}`);
      if (fault.heal === undefined) {
        this.#inForce.delete(plan.id);
        return { ...done, evidence, inForce: false };
      }
      if (plan.forMs === undefined) return { ...done, evidence, inForce: true };
      return { ...done, evidence, inForce: true, healed: this.#healAfter(held, plan.forMs) };
    } catch (error) {
      const refused = `${plan.do} was not done: ${messageOf(error)}`;
      if (fault.heal === undefined) {
        this.#inForce.delete(plan.id);
        throw refusal(refused, 'not-injected', 'mqchaos broker status');
      }
      // what was done to some of the targets must not stay; if it does, the fault is in force and can be healed again
      const left = await this.#heal(held).then(
        () => undefined,
        (trouble: unknown) => messageOf(trouble),
      );
      if (left === undefined) throw refusal(refused, 'not-injected', 'mqchaos broker status');
      throw refusal(`${refused}; ${left}`, 'not-healed', `mqchaos broker heal ${plan.id}`);
    }
  }

  /**
   * Heals one fault now, or with `all` every one.
   * @throws ToolError `no-such-fault` (exit 2), `not-healed` (exit 4).
   */
  async heal(which: string): Promise<{ id: string; evidence: readonly Evidence[] }[]> {
    const chosen = [...this.#inForce.values()].filter(
      ({ plan, targets }) => which === 'all' || plan.id === which || targets.some(({ id }) => id === which),
    );
    if (chosen.length === 0 && which !== 'all') {
      const ids = [...this.#inForce.keys()];
      throw new ToolError(`no fault '${which}' is in force${ids.length === 0 ? '' : `: there are ${ids.join(', ')}`}`, {
        code: 'no-such-fault',
        hint: 'mqchaos broker status',
      });
    }
    return Promise.all(chosen.map(async (held) => ({ id: held.plan.id, evidence: await this.#heal(held) })));
  }

  /** Nothing is healed by itself any more: the nodes end. */
  end(): void {
    for (const { timer } of this.#inForce.values()) clearTimeout(timer);
  }

  #healAfter(held: InForce, forMs: number): Promise<readonly Evidence[]> {
    const healed = new Promise<readonly Evidence[]>((resolve, reject) => {
      held.over = resolve;
      held.timer = setTimeout(() => this.#heal(held).catch(reject), forMs);
    });
    healed.catch((error: unknown) => this.#tell(messageOf(error))); // whoever gave the order may be gone
    return healed;
  }

  /** Stays in force when it could not be healed, for another try. */
  #heal(held: InForce): Promise<readonly Evidence[]> {
    clearTimeout(held.timer);
    const { plan, fault, targets } = held;
    held.healing ??= (async () => {
      try {
        const evidence = (await fault.heal?.(targets)) ?? [];
        this.#inForce.delete(plan.id);
        held.over?.(evidence);
        this.#tell(`▲ ${plan.id} ${plan.do} ${targets.map(({ id }) => id).join(', ')} healed`);
        return evidence;
      } catch (error) {
        delete held.healing;
        throw refusal(`${plan.id} was not healed: ${messageOf(error)}`, 'not-healed', `mqchaos broker heal ${plan.id}`);
      }
    })();
    return held.healing;
  }

  #refuseHeld(names: readonly string[]): void {
    for (const { plan, targets } of this.#inForce.values()) {
      const held = targets.find(({ id }) => names.includes(id));
      if (held === undefined) continue;
      throw refusal(`${held.id} is under ${plan.id} (${plan.do})`, 'under-fault', `mqchaos broker heal ${plan.id}`);
    }
  }
}

function refusal(message: string, code: string, hint: string): ToolError {
  return new ToolError(message, { code, hint, exitCode: exitCodes.setup });
}
