/** When something is due, as a parsed profile and a plan have it. */
import { z } from 'zod';
import { longestMs } from './units.ts';

export const triggerSchema = z.discriminatedUnion('type', [
  /** First attempts against all messages, 0–1. */
  z.strictObject({ type: z.literal('progress'), fraction: z.number().min(0).max(1) }),
  /** Acknowledged messages. */
  z.strictObject({ type: z.literal('acked'), messages: z.int().min(0) }),
  /** Since sending began. */
  z.strictObject({ type: z.literal('time'), afterMs: z.int().min(0).max(longestMs) }),
]);

export type Trigger = Readonly<z.output<typeof triggerSchema>>;
