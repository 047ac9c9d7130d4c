/** The life of a worker, from one incarnation to the next: what is known of its process, and why it is gone. */
import type { OwnedProcess } from '../../cluster/process.ts';
import { assertNever, type ToolError } from '../../errors.ts';

export type Life =
  /** No incarnation has been started yet. */
  | { readonly state: 'not started' }
  | { readonly state: 'working'; readonly process: OwnedProcess }
  /** A consumer that works, and whose group has given it something. */
  | { readonly state: 'joined'; readonly process: OwnedProcess }
  /** The runner or a fault has told the process to end. */
  | { readonly state: 'told to end'; readonly process: OwnedProcess }
  /** The process has said that all of its work is done, and is about to end. */
  | { readonly state: 'finishing'; readonly process: OwnedProcess }
  /** The process has said what went wrong, and is about to end. */
  | { readonly state: 'failing'; readonly process: OwnedProcess; readonly error: ToolError }
  /** The process is gone, or none was needed: nothing is left to do. */
  | { readonly state: 'finished' }
  /** The process is gone as it was told to be, and has left work undone. */
  | { readonly state: 'ended' }
  /** The process is gone by itself, and has left work undone. */
  | { readonly state: 'broken'; readonly error: ToolError };

/** The process of this moment; undefined when there is none. */
export function processOf(life: Life): OwnedProcess | undefined {
  return 'process' in life ? life.process : undefined;
}

/** A worker in a word, for whoever watches. */
export type WorkerState = 'waiting' | 'up' | 'paused' | 'ending' | 'down' | 'done' | 'failed';

export function stateOf({ state }: Life): WorkerState {
  switch (state) {
    case 'not started':
      return 'waiting';
    case 'working':
    case 'joined':
      return 'up';
    case 'told to end':
      return 'ending';
    case 'finishing':
    case 'finished':
      return 'done';
    case 'ended':
      return 'down';
    case 'failing':
    case 'broken':
      return 'failed';
    default:
      return assertNever(state);
  }
}

export function isFinished({ state }: Life): boolean {
  return state === 'finishing' || state === 'finished';
}

/** Why it ended by itself, or is about to. */
export function errorOf(life: Life): ToolError | undefined {
  return 'error' in life ? life.error : undefined;
}

export function joined(life: Life): Life {
  return life.state === 'working' ? { ...life, state: 'joined' } : life;
}

/** One that is about to end for a reason of its own keeps that reason. */
export function toldToEnd(life: Life): Life {
  if (life.state !== 'working' && life.state !== 'joined') return life;
  return { state: 'told to end', process: life.process };
}

export function saidDone(life: Life): Life {
  const process = processOf(life);
  return process === undefined ? life : { state: 'finishing', process };
}

export function saidFailed(life: Life, error: ToolError): Life {
  const process = processOf(life);
  return process === undefined ? life : { state: 'failing', process, error };
}

/** @param unexpected what is wrong when nobody told the process to end, and it has not said why it does. */
export function processGone(life: Life, unexpected: ToolError): Life {
  switch (life.state) {
    case 'working':
    case 'joined':
      return { state: 'broken', error: unexpected };
    case 'told to end':
      return { state: 'ended' };
    case 'finishing':
      return { state: 'finished' };
    case 'failing':
      return { state: 'broken', error: life.error };
    case 'not started':
    case 'finished':
    case 'ended':
    case 'broken':
      return life;
    default:
      return assertNever(life);
  }
}
