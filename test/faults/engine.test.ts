import { describe, expect, it } from 'vitest';
import type { Controlled } from '../../src/cluster/controls.ts';
import { FaultEngine, type Progress } from '../../src/faults/engine.ts';
import { findFault } from '../../src/faults/registry.ts';
import type { JournalWriter } from '../../src/journal/writer.ts';
import type { FaultPlan } from '../../src/plan/plan.ts';

interface Setup {
  readonly progress?: Partial<Progress>;
  readonly broken?: 'kill' | 'start';
  readonly unreachable?: boolean;
  /** Like a worker: one that was killed is no target until it was started again. */
  readonly mortal?: true;
}

/** An engine over targets that only note what is done to them. */
function engineOf(plans: readonly FaultPlan[], { progress, broken, unreachable, mortal }: Setup = {}) {
  const deeds: string[] = [];
  const steps: string[] = [];
  const now: Progress = { attempted: 0, acked: 0, messages: 100, elapsedMs: 0, sending: true, ...progress };
  const control = (id: string, name: string) => async () => {
    if (broken === name) throw new Error(`${name} did not work`);
    deeds.push(`${name} ${id}`);
    return { name };
  };
  const target = (id: string): Controlled => ({
    id,
    controls: {
      kill: control(id, 'kill'),
      stop: control(id, 'stop'),
      start: control(id, 'start'),
      pause: control(id, 'pause'),
      resume: control(id, 'resume'),
    },
  });
  const journal = { append: () => {}, flush: () => {} } as unknown as JournalWriter;
  const engine = new FaultEngine(plans, {
    journal,
    seed: 7,
    find: findFault,
    resolve: async ({ type, ...rest }) => {
      if (unreachable) throw new Error('no broker answers');
      if (type !== 'nodes') return [];
      const { nodes } = rest as { nodes: string[] };
      return nodes
        .filter((id) => !(mortal && deeds.findLast((deed) => deed.endsWith(id)) === `kill ${id}`))
        .map(target);
    },
    progress: () => now,
    observe: (step, detail) =>
      steps.push(`${detail.id} ${step}${detail.error === undefined ? '' : `: ${detail.error}`}`),
  });
  return { engine, deeds, steps, now: now as { -readonly [K in keyof Progress]: Progress[K] } };
}

const killB1: FaultPlan = {
  id: 'f1',
  do: 'kill',
  target: { type: 'nodes', nodes: ['b1'] },
  trigger: { type: 'progress', fraction: 0.4 },
  forMs: 20,
};

describe('the fault engine', () => {
  it('waits for the trigger, injects, heals after the time', async () => {
    const { engine, deeds, steps, now } = engineOf([killB1]);
    engine.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(steps).toEqual([]);
    now.attempted = 40;
    await engine.finished();
    expect(deeds).toEqual(['kill b1', 'start b1']);
    expect(steps).toEqual(['f1 injecting', 'f1 injected', 'f1 healing', 'f1 healed']);
  });

  it('heals at once when the run ends', async () => {
    const { engine, deeds } = engineOf([{ ...killB1, forMs: 3_600_000 }], { progress: { attempted: 50 } });
    engine.start();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await engine.end();
    expect(deeds).toEqual(['kill b1', 'start b1']);
  });

  it('tells of a fault that could not be injected, and heals all the same', async () => {
    const { engine, steps } = engineOf([killB1], { progress: { attempted: 50 }, broken: 'kill' });
    engine.start();
    await engine.finished();
    expect(steps).toEqual(['f1 injecting', 'f1 failed: not injected: kill did not work', 'f1 healing', 'f1 healed']);
  });

  it('leaves nothing standing still that it could not kill', async () => {
    const plan: FaultPlan = { ...killB1, do: 'kill-paused', parameters: { standstill: '10ms' } };
    const { engine, deeds } = engineOf([plan], { progress: { attempted: 50 }, broken: 'kill' });
    engine.start();
    await engine.finished();
    expect(deeds).toEqual(['pause b1', 'resume b1', 'start b1']);
  });

  it('does not call healed what would have healed itself and was not done', async () => {
    const { engine, steps } = engineOf([{ ...killB1, do: 'restart' }], {
      progress: { attempted: 50 },
      broken: 'start',
    });
    engine.start();
    await engine.finished();
    expect(steps).toEqual([
      'f1 injecting',
      'f1 failed: not injected: start did not work',
      'f1 healing',
      'f1 failed: not healed: it would have healed itself',
    ]);
  });

  it('tells of a fault that could not be healed', async () => {
    const { engine, steps } = engineOf([killB1], { progress: { attempted: 50 }, broken: 'start' });
    engine.start();
    await engine.finished();
    expect(steps.at(-1)).toBe('f1 failed: not healed: start did not work');
  });

  it('does not fire what was not due when sending ended', async () => {
    const { engine, steps } = engineOf([{ ...killB1, trigger: { type: 'time', afterMs: 1e9 } }], {
      progress: { attempted: 100, sending: false },
    });
    engine.start();
    await engine.finished();
    expect(steps).toEqual([]);
  });

  it('begins what is due at once in the order of the plan', async () => {
    const all = Array.from({ length: 20 }, (_, i): FaultPlan => ({ ...killB1, id: `f${i + 1}`, forMs: 0 }));
    const { engine, steps, now } = engineOf(all);
    engine.start();
    await new Promise((resolve) => setTimeout(resolve, 40));
    now.attempted = 40;
    await engine.finished();
    expect(steps.filter((step) => step.endsWith('injecting'))).toEqual(all.map(({ id }) => `${id} injecting`));
  });

  it('has a target under one fault at a time', async () => {
    const pauseB1: FaultPlan = { ...killB1, id: 'f2', do: 'pause' };
    const { engine, deeds } = engineOf([killB1, pauseB1], { progress: { attempted: 50 } });
    engine.start();
    await engine.finished();
    expect(deeds).toEqual(['kill b1', 'start b1', 'pause b1', 'resume b1']);
  });

  it('waits for a target that another fault has killed', async () => {
    const again: FaultPlan = { ...killB1, id: 'f2', trigger: { type: 'progress', fraction: 0.6 } };
    const { engine, deeds, steps, now } = engineOf([killB1, again], { progress: { attempted: 50 }, mortal: true });
    engine.start();
    await new Promise((resolve) => setTimeout(resolve, 10));
    now.attempted = 60;
    await engine.finished();
    expect(deeds).toEqual(['kill b1', 'start b1', 'kill b1', 'start b1']);
    expect(steps.at(-1)).toBe('f2 healed');
  });

  it('does not fire once nothing is sent: it would meet no message', async () => {
    const atTheEnd: FaultPlan = { ...killB1, trigger: { type: 'progress', fraction: 1 } };
    const { engine, steps } = engineOf([atTheEnd], { progress: { attempted: 100, sending: false } });
    engine.start();
    await engine.finished();
    expect(steps).toEqual([]);
  });

  it('does not fire after sending ended while its target was under another fault', async () => {
    const { engine, steps, now } = engineOf([killB1, { ...killB1, id: 'f2', do: 'pause' }], {
      progress: { attempted: 50 },
    });
    engine.start();
    await new Promise((resolve) => setTimeout(resolve, 10));
    now.sending = false;
    await engine.finished();
    expect(steps).toContain('f2 failed: its target was under another fault until sending ended');
  });

  it('records a target that cannot be looked up, and goes on', async () => {
    const { engine, steps } = engineOf([killB1], { progress: { attempted: 50 }, unreachable: true });
    engine.start();
    await engine.finished();
    expect(steps).toEqual(['f1 failed: no broker answers']);
  });

  it('says that there is no such target now', async () => {
    const { engine, steps } = engineOf([{ ...killB1, target: { type: 'leader', partition: 3 } }], {
      progress: { attempted: 50 },
    });
    engine.start();
    await engine.finished();
    expect(steps).toEqual(['f1 failed: there is no such target now']);
  });
});
