/**
 * What a fault is: an action on targets and its undoing. One file a fault, one line in the registry; what profiles may
 * ask for, what their checks demand and what `list` shows follow from it.
 */
import type { Controlled, Controls, Evidence } from '../cluster/controls.ts';

export interface Fault {
  /** What a profile says under `do`. */
  readonly name: string;
  /** A sentence or two, for `mqchaos list faults`, the editor's help and docs/profile.md. */
  readonly summary: string;
  /** The controls that injecting and healing use. A profile that gives an attached node no way to them is refused. */
  readonly needs: readonly (keyof Controls)[];
  /**
   * Does the deed to all targets at once and resolves when it took hold, with the evidence, one a target. Rejects when it
   * did not: what was done by then is undone by the heal of the same fault.
   */
  inject(targets: readonly Controlled[]): Promise<readonly Evidence[]>;
  /** Undoes it and verifies; safe to call for a target that is already well. Absent: the deed heals itself, and takes no `for`. */
  heal?(targets: readonly Controlled[]): Promise<readonly Evidence[]>;
}

/**
 * Applies a control to all targets.
 * @throws the first error, once all targets have answered.
 */
export async function applyToAll(
  targets: readonly Controlled[],
  ...names: readonly (keyof Controls)[]
): Promise<readonly Evidence[]> {
  const results = await Promise.allSettled(targets.map((target) => applyAll(target, names)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

async function applyAll(target: Controlled, names: readonly (keyof Controls)[]): Promise<Evidence> {
  const evidence: Record<string, unknown> = { target: target.id };
  for (const name of names) {
    const control = target.controls[name];
    if (control === undefined) throw new Error(`${target.id} has no way to ${name}`);
    evidence[name] = await control();
  }
  return evidence;
}
