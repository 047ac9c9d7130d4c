/**
 * Carries out the plan's faults: waits for each trigger, opens the fault's window, and writes its steps into the run's
 * journal. A target is under one fault at a time: a second one waits for the first to heal, and its lateness is recorded.
 */
import type { Controlled } from '../cluster/controls.ts';
import { messageOf } from '../errors.ts';
import type { FaultDetail, FaultStep } from '../journal/event.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { FaultPlan, Trigger } from '../plan/plan.ts';
import { pause } from '../wait.ts';
import type { Fault } from './fault.ts';
import { type FaultRecorder, FaultWindow } from './window.ts';

/** What the engine sees of the run. */
export interface FaultContext {
  readonly journal: JournalWriter;
  /** The run's. */
  readonly seed: number;
  find(name: string): Fault | undefined;
  /** Nodes and workers of a target, looked up at the moment of the fault; empty when there is none (now). */
  resolve(target: FaultPlan['target']): Promise<readonly Controlled[]>;
  progress(): Progress;
  observe(step: FaultStep, detail: FaultDetail): void;
}

export interface Progress {
  /** First attempts made. */
  readonly attempted: number;
  readonly acked: number;
  /** All messages of the plan. */
  readonly messages: number;
  /** Milliseconds since sending began. */
  readonly elapsedMs: number;
  /** Producers are still sending. */
  readonly sending: boolean;
}

const lookEveryMs = 5;

export class FaultEngine {
  readonly #context: FaultContext;
  readonly #plans: readonly FaultPlan[];
  readonly #held = new Map<string, Promise<void>>();
  readonly #over = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #look: Promise<void> | undefined;
  #willHeal = 0;

  constructor(plans: readonly FaultPlan[], context: FaultContext) {
    this.#plans = plans;
    this.#context = context;
  }

  /** A fault is in force that will heal by itself: what it took away comes back. */
  get willHeal(): boolean {
    return this.#willHeal > 0;
  }

  /** Begins to wait for the triggers. */
  start(): void {
    this.#running = Promise.all(this.#plans.map((plan, index) => this.#carryOut(plan, index)));
  }

  /** Resolves when every fault has fired and healed, or can no longer fire. */
  async finished(): Promise<void> {
    await this.#running;
  }

  /** No fault fires any more; those in force are healed now. Resolves when that is done. */
  async end(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  /** Never rejects: whatever goes wrong is on record as this fault's failure. */
  async #carryOut(plan: FaultPlan, index: number): Promise<void> {
    const record: FaultRecorder = (step, detail) => {
      this.#context.journal.append({ kind: 'fault', step, fault: index, detail });
      this.#context.journal.flush();
      this.#context.observe(step, detail);
    };
    if (!(await this.#due(plan))) return;
    let ids: readonly string[] = [];
    try {
      const fault = this.#context.find(plan.do);
      if (fault === undefined) throw new Error(`there is no fault ${plan.do}`);
      await this.#holding(plan, async (targets) => {
        ids = targets.map((target) => target.id);
        const parts = { seed: this.#context.seed, record, over: this.#over.signal };
        await this.#inForce(new FaultWindow({ plan, fault, targets, ...parts }));
      });
    } catch (error) {
      record('failed', { id: plan.id, do: plan.do, targets: ids, error: messageOf(error) });
    }
  }

  /** From the deed to the heal, which is tried once: whatever failed is on record. */
  async #inForce(window: FaultWindow): Promise<void> {
    const { plan, targets } = window;
    // a fault without an end of its own lasts as long as messages are sent: waiting for it would wait for ever
    const timed = plan.forMs === undefined && window.healable ? 0 : 1;
    this.#willHeal += timed;
    const missing = namesOf(plan.target).filter((name) => targets.every(({ id }) => id !== name));
    try {
      const { ok } = await window.inject({
        trigger: firedBy(plan.trigger, this.#context.progress()),
        ...(missing.length === 0 ? {} : { missing }),
      });
      if (ok && window.healable) await window.hold(() => this.#context.progress().sending);
      await window.heal();
    } finally {
      this.#willHeal -= timed;
    }
  }

  /** Whether the fault fires. Once nothing is being sent, it never will: a fault that meets no message proves nothing. */
  async #due(plan: FaultPlan): Promise<boolean> {
    let begun = false;
    while (!this.#over.signal.aborted) {
      const progress = this.#context.progress();
      begun ||= progress.sending || progress.attempted > 0;
      if (begun && !progress.sending) return false;
      if (progress.sending && isReached(plan.trigger, progress)) return true;
      await this.#nextLook();
    }
    return false;
  }

  /** All look at the same moments, one after the other: what is due at once begins in the order of the plan. */
  #nextLook(): Promise<void> {
    this.#look ??= pause(lookEveryMs, this.#over.signal).finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  /**
   * Looks the targets up, waits until none of them is under another fault, and holds them for the deed. They are looked
   * up again after a wait: the leader of before may not be the leader of now.
   * @throws Error when there is no such target, or it was not free before the run ended.
   */
  async #holding(plan: FaultPlan, deed: (targets: readonly Controlled[]) => Promise<void>): Promise<void> {
    for (;;) {
      const targets = await this.#context.resolve(plan.target);
      // a worker that another fault has killed is not there now, and will be
      const ids = new Set([...namesOf(plan.target), ...targets.map(({ id }) => id)]);
      const held = [...ids].flatMap((id) => this.#held.get(id) ?? []);
      if (held.length === 0) {
        if (targets.length === 0) throw new Error('there is no such target now');
        return this.#hold(targets, deed);
      }
      await Promise.all(held);
      if (this.#over.signal.aborted || !this.#context.progress().sending) {
        throw new Error('its target was under another fault until sending ended');
      }
    }
  }

  async #hold(targets: readonly Controlled[], deed: (targets: readonly Controlled[]) => Promise<void>): Promise<void> {
    const turn = deed(targets);
    for (const { id } of targets) this.#held.set(id, turn);
    try {
      await turn;
    } finally {
      for (const { id } of targets) if (this.#held.get(id) === turn) this.#held.delete(id);
    }
  }
}

function isReached(trigger: Trigger, progress: Progress): boolean {
  switch (trigger.type) {
    case 'progress':
      return progress.attempted >= dueMessages(trigger.fraction, progress);
    case 'acked':
      return progress.acked >= trigger.messages;
    case 'time':
      return progress.elapsedMs >= trigger.afterMs;
  }
}

/** When it was due, how late it came and how much was sent by then: at the deed, so that a wait for its target counts. */
function firedBy(trigger: Trigger, progress: Progress): Record<string, unknown> {
  const { attempted } = progress;
  const elapsedMs = round(progress.elapsedMs);
  switch (trigger.type) {
    case 'progress': {
      const lateMessages = attempted - dueMessages(trigger.fraction, progress);
      return { due: `${round(trigger.fraction * 100)}%`, lateMessages, elapsedMs, attempted };
    }
    case 'acked':
      return {
        due: `${trigger.messages} acked`,
        lateMessages: progress.acked - trigger.messages,
        elapsedMs,
        attempted,
      };
    case 'time':
      return { due: `${trigger.afterMs} ms`, lateMs: round(progress.elapsedMs - trigger.afterMs), attempted };
  }
}

/** The last message still counts as sending: `at: 100%` would come when all is over. */
function dueMessages(fraction: number, { messages }: Progress): number {
  return Math.min(Math.ceil(fraction * messages), messages - 1);
}

/** Targets that the plan names; a leader has no name before it is looked up. */
function namesOf(target: FaultPlan['target']): readonly string[] {
  if (target.type === 'nodes') return target.nodes;
  return target.type === 'workers' ? target.workers : [];
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
