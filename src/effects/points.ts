/**
 * Named points of processing, at which a worker can be killed exactly: by count, not by time. `apply` visits those of the
 * effect, the consumer the others.
 *
 * - `before effect`: the last instant before the call that may change the effect; a form that records the id first has
 *   already done so. Not visited when the guard absorbs before any such call.
 * - `after effect`: that call is answered; a form that records the id afterwards has not yet done so, and nothing is
 *   acknowledged.
 * - `before move`, `after move`: around the send of a copy to the retry or the dead letter topic, of a message whose
 *   processing failed. After it the copy is acknowledged, and nothing else is.
 */
import type { EffectMessage } from './message.ts';

export const points = [
  'after receive',
  'before effect',
  'after effect',
  'before move',
  'after move',
  'after ack sent',
] as const;
export type Point = (typeof points)[number];

/** Awaited at every point; what it throws ends the processing of the message there. */
export type Visit = (point: Point, message?: EffectMessage) => void | Promise<void>;

export const visitNothing: Visit = () => {};

export interface Stop {
  readonly point: Point;
  /** At the n-th visit of the point, from 1. */
  readonly count: number;
}
