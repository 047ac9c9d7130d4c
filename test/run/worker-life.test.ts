import { describe, expect, it } from 'vitest';
import type { OwnedProcess } from '../../src/cluster/process.ts';
import { ToolError } from '../../src/errors.ts';
import {
  errorOf,
  isFinished,
  joined,
  type Life,
  processGone,
  processOf,
  saidDone,
  saidFailed,
  toldToEnd,
} from '../../src/run/workers/worker-life.ts';

const process = { name: 'c1.1' } as OwnedProcess;
const working: Life = { state: 'working', process };
const unexpected = new ToolError('it ended', { code: 'worker-ended' });
const reason = new ToolError('no broker', { code: 'broker-unreachable' });
const gone = (life: Life): Life => processGone(life, unexpected);

describe('the life of a worker', () => {
  it('is broken when its process ends and nobody told it to', () => {
    expect(gone(working)).toEqual({ state: 'broken', error: unexpected });
    expect(gone(joined(working))).toEqual({ state: 'broken', error: unexpected });
  });

  it('is not broken when its process was told to end, or was done', () => {
    for (const life of [gone(toldToEnd(working)), gone(saidDone(working)), gone(saidDone(toldToEnd(working)))]) {
      expect([errorOf(life), processOf(life)]).toEqual([undefined, undefined]);
    }
  });

  it('is finished once its process says so, and stays so', () => {
    const done = saidDone(working);
    expect([done, toldToEnd(done), gone(done)].map(isFinished)).toEqual([true, true, true]);
    expect(isFinished(gone(toldToEnd(working)))).toBe(false);
  });

  it('keeps the reason that its process gave, also when it was told to end before or after', () => {
    for (const life of [saidFailed(working, reason), saidFailed(toldToEnd(working), reason)]) {
      expect([life, toldToEnd(life), gone(life)].map(errorOf)).toEqual([reason, reason, reason]);
    }
  });

  it('hears nothing from a process that is gone', () => {
    const ended: Life = { state: 'ended' };
    for (const life of [joined(ended), toldToEnd(ended), saidDone(ended), saidFailed(ended, reason), gone(ended)]) {
      expect(life).toEqual(ended);
    }
  });
});
