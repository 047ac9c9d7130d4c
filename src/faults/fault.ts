/**
 * What a fault is: an action on targets and its undoing. One file a fault, one line in the registry; what profiles may
 * ask for, what their checks demand and what `list` shows follow from it.
 */
import type { z } from 'zod';
import type { Controlled, Controls, DiskAsk, Evidence } from '../cluster/controls.ts';
import type { WireRule } from '../link/wire/rule.ts';

export interface Fault {
  /** What a profile says under `do`. */
  readonly name: string;
  /** What it is usually called elsewhere, in lower case with dashes: an error suggests the name. */
  readonly alsoCalled?: readonly string[];
  /** A sentence or two, for `mqchaos list faults`, the editor's help and docs/profile.md. */
  readonly summary: string;
  /** The controls that injecting and healing use. A target that lacks one of them is refused before anything starts. */
  readonly needs: readonly (keyof Controls)[];
  /**
   * Parameters of its own, written beside `do`, each with a description. Without transforms, so that a plan has them as
   * a profile has them and is held to the same schema; defaults are filled in when the plan is made.
   */
  readonly parameters?: z.ZodObject;
  /**
   * What the deed, with these parameters, asks of the disks of its targets beyond what every disk can do that has its
   * controls. A disk of a kind that cannot is refused before anything starts.
   */
  readonly asks?: (parameters: Readonly<Record<string, unknown>>) => DiskAsk | undefined;
  /**
   * Does the deed to all targets at once and resolves when it took hold, with the evidence, one a target. Rejects when it
   * did not: what was done by then is undone by the heal of the same fault.
   */
  inject(targets: readonly Controlled[], deed: Deed): Promise<readonly Evidence[]>;
  /** Undoes it and verifies; safe to call for a target that is already well. Absent: the deed heals itself, and takes no `for`. */
  heal?(targets: readonly Controlled[]): Promise<readonly Evidence[]>;
  /** Whether nothing more will come of it, so that it is healed before its time. Absent: it acts until then. */
  spent?(targets: readonly Controlled[], deed: Pick<Deed, 'parameters'>): Promise<boolean>;
  /**
   * Why it did not do what it names, by the evidence of its heal: the fault counts as failed then. Absent: what was
   * injected was done.
   */
  missed?(evidence: readonly Evidence[], deed: Pick<Deed, 'parameters'>): string | undefined;
  /** The rule for a link that reads the protocol, of parameters as written: products check it. Absent: it needs none. */
  wired?(parameters: Deed['parameters']): Omit<WireRule, 'id' | 'seed'>;
}

/** One use of a fault: what makes it differ from another use of the same. */
export interface Deed {
  /** `f1`, `f2.3`. */
  readonly id: string;
  /** The run's seed: with the id and the target it decides whatever is random in the deed. */
  readonly seed: number;
  /** As written; the fault parses them with its own schema. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Aborts when the run is over: a deed that waits for something of its own waits no longer, and goes on. */
  readonly signal: AbortSignal;
}

/**
 * Applies controls that take no arguments to all targets, one after the other in each.
 * @throws the first error, once all targets have answered.
 */
export function applyToAll(
  targets: readonly Controlled[],
  ...names: readonly PlainControl[]
): Promise<readonly Evidence[]> {
  return onAll(targets, async (target) => {
    const evidence: Record<string, unknown> = {};
    for (const name of names) evidence[name] = await controlOf(target, name)();
    return evidence;
  });
}

/** Controls that say everything by their name. */
type PlainControl = ('kill' | 'stop' | 'start' | 'pause' | 'resume') | ('wipe' | 'promote' | 'disconnect' | 'connect');

/**
 * Does something to all targets at once; the evidence of each is marked with its name.
 * @throws the first error, once all targets have answered.
 */
export async function onAll(
  targets: readonly Controlled[],
  act: (target: Controlled) => Promise<Evidence>,
): Promise<readonly Evidence[]> {
  const results = await Promise.allSettled(
    targets.map(async (target): Promise<Evidence> => ({ target: target.id, ...(await act(target)) })),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

/** @throws Error when nothing gives this control of the target. */
export function controlOf<K extends keyof Controls>({ id, controls }: Controlled, name: K): NonNullable<Controls[K]> {
  const control = controls[name];
  if (control === undefined) throw new Error(`${id} has no way to ${name}`);
  return control;
}
