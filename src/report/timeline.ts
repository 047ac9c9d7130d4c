/**
 * `timeline.json`: the audit's counts in bins of time, from which the page draws its charts. Its names are a promise, as
 * those of record.json. Documented in docs/records.md.
 */
import { z } from 'zod';
import type { Timeline } from '../audit/audit.ts';

export const timelineVersion = 1;

/** Of the run whose id it has. */
export interface TimelineDocument extends Timeline {
  readonly version: typeof timelineVersion;
  readonly run: string;
}

export function timelineText(timeline: Timeline, run: string): string {
  return `${JSON.stringify({ version: timelineVersion, run, ...timeline } satisfies TimelineDocument)}\n`;
}

const counts = z.array(z.int().min(0));
const amounts = z.array(z.int().min(0).nullable());
const latency = z.object({ p50Us: amounts, p99Us: amounts, maxUs: amounts });
type NodeState = Timeline['nodes'][number]['states'][number]['state'];
const states = [
  'starting',
  'ready',
  'stopped',
  'killed',
  'paused',
  'resumed',
  'failed',
] as const satisfies readonly NodeState[];
const schema = z.object({
  version: z.literal(timelineVersion),
  run: z.string(),
  widthNs: z.number().positive(),
  bins: z.int().min(1).max(4096),
  messages: z.object({ acked: counts, unknown: counts }),
  attempts: z.object({
    ...{ begun: counts, degraded: counts, rejected: counts, unknown: counts, sent: counts, inFlight: counts },
  }),
  deliveries: z.object({ received: counts, extra: counts }),
  latency: z.object({ ack: latency, endToEnd: latency }),
  nodes: z.array(z.object({ id: z.string(), states: z.array(z.object({ state: z.enum(states), atNs: z.number() })) })),
});

/** @throws Error with what is wrong, in words for a reader of the page. */
export function readTimeline(text: string, run: string): TimelineDocument {
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`it is no timeline of version ${timelineVersion}`);
  if (parsed.data.run !== run) throw new Error(`it is of run ${parsed.data.run}`);
  return parsed.data;
}
