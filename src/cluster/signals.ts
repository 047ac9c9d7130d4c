/** Pausing and resuming a process, with the kernel's word that it took hold. */
import { noAbort, poll } from '../wait.ts';
import type { Evidence } from './controls.ts';
import { groupMembers, isAlive, processState } from './proc.ts';
import { signalGroup } from './process.ts';

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

/** As `pauseProcess`, of everything in the group that a process leads. */
export async function pauseGroup(leader: number): Promise<Evidence> {
  if (!signalGroup(leader, 'SIGSTOP')) throw new Error(`no process is left of the group ${leader}`);
  const paused = await poll(
    () => {
      const members = groupMembers(leader);
      return members.every((pid) => processState(pid) === 'T') ? members : undefined;
    },
    { everyMs: 2, boundMs, signal: noAbort },
  );
  if (paused === undefined) throw new Error(`of the group ${leader} not every process is stopped`);
  return { pid: leader, state: 'T', processes: paused.length };
}

/** As `resumeProcess`, of everything in the group that a process leads. */
export async function resumeGroup(leader: number): Promise<Evidence> {
  if (!signalGroup(leader, 'SIGCONT')) throw new Error(`no process is left of the group ${leader}`);
  const states = await poll(
    () => {
      const letters = groupMembers(leader).map(processState);
      return letters.length > 0 && letters.every((letter) => letter !== 'T') ? letters : undefined;
    },
    { everyMs: 2, boundMs, signal: noAbort },
  );
  if (states === undefined) throw new Error(`the group ${leader} did not continue`);
  return { pid: leader, state: processState(leader), processes: states.length };
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
