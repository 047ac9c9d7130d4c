import { describe, expect, it } from 'vitest';
import type { Controlled } from '../../src/cluster/controls.ts';
import type { Fault } from '../../src/faults/fault.ts';
import { findFault } from '../../src/faults/registry.ts';
import { FaultWindow } from '../../src/faults/window.ts';
import { noAbort } from '../../src/wait.ts';

/** A window of `kill` on b1; `broken` names the controls that do not work. */
function windowOf(forMs?: number) {
  const broken = new Set<'kill' | 'start'>();
  const steps: string[] = [];
  const control = (name: 'kill' | 'start') => async () => {
    if (broken.has(name)) throw new Error(`${name} did not work`);
    return { name };
  };
  const b1: Controlled = { id: 'b1', controls: { kill: control('kill'), start: control('start') } };
  const window = new FaultWindow({
    plan: {
      id: 'f1',
      do: 'kill',
      target: { type: 'nodes', nodes: ['b1'] },
      trigger: { type: 'time', afterMs: 0 },
      ...(forMs === undefined ? {} : { forMs }),
    },
    fault: findFault('kill') as Fault,
    targets: [b1],
    seed: 7,
    over: noAbort,
    record: (step, { error }) => steps.push(error === undefined ? step : `${step}: ${error}`),
  });
  return { window, broken, steps };
}

describe('the window of a fault', () => {
  it('is healed once, however many ask', async () => {
    const { window, steps } = windowOf();
    await window.inject();
    const all = await Promise.all([window.heal(), window.heal()]);
    expect(all).toEqual(Array(2).fill({ ok: true, evidence: [{ target: 'b1', start: { name: 'start' } }] }));
    expect(steps).toEqual(['injecting', 'injected', 'healing', 'healed']);
  });

  it('can be healed again after a heal that failed', async () => {
    const { window, broken, steps } = windowOf();
    await window.inject();
    broken.add('start');
    expect(await window.heal()).toMatchObject({ ok: false });
    broken.clear();
    expect(await window.heal()).toMatchObject({ ok: true });
    expect(steps.slice(2)).toEqual(['healing', 'failed: not healed: start did not work', 'healing', 'healed']);
  });

  it('is held no longer than until it is healed', async () => {
    const { window } = windowOf(3_600_000);
    await window.inject();
    const held = window.hold(() => true);
    await window.heal();
    await held;
  });

  it('without a planned time is held for as long as it is told', async () => {
    const { window } = windowOf();
    await window.inject();
    let looks = 0;
    await window.hold(() => {
      looks += 1;
      return looks < 3;
    });
    expect(looks).toBe(3);
  });
});
