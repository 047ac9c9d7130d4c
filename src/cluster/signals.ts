/** Pausing and resuming a process, with the kernel's word that it took hold. */
import { noAbort, poll } from '../wait.ts';
import type { Evidence } from './controls.ts';
import { isAlive, processState } from './process.ts';

const boundMs = 2000;

/** @throws Error when the process is not stopped within 2 s. */
export async function pauseProcess(pid: number): Promise<Evidence> {
  process.kill(pid, 'SIGSTOP');
  const state = await poll(() => stateIf(pid, (letter) => letter === 'T'), { everyMs: 2, boundMs, signal: noAbort });
  if (state === undefined) throw new Error(`process ${pid} is not stopped: state ${processState(pid) ?? 'gone'}`);
  return { pid, state };
}

/** @throws Error when the process is gone or still stopped after 2 s. */
export async function resumeProcess(pid: number): Promise<Evidence> {
  process.kill(pid, 'SIGCONT');
  const state = await poll(() => stateIf(pid, (letter) => letter !== 'T'), { everyMs: 2, boundMs, signal: noAbort });
  if (state === undefined || state === 'Z')
    throw new Error(`process ${pid} did not continue: state ${state ?? 'stopped or gone'}`);
  return { pid, state };
}

/** Resolves when a process that is not our child is gone, with all its threads; @throws Error after `waitMs`. */
export async function gone(pid: number, waitMs: number): Promise<void> {
  const over = await poll(() => (isAlive(pid) ? undefined : true), { everyMs: 5, boundMs: waitMs, signal: noAbort });
  if (over === undefined) {
    throw new Error(`process ${pid} is still there after ${waitMs} ms: state ${processState(pid) ?? 'gone'}`);
  }
}

function stateIf(pid: number, wanted: (letter: string) => boolean): string | undefined {
  const letter = processState(pid);
  return letter !== undefined && wanted(letter) ? letter : undefined;
}
