/**
 * What happened when: the counts of the audit in bins of time, never a point for a message, so that a report can draw a
 * run of any size. Every count of a bin is exact; percentiles of latency are at most 6 % off.
 */
import type { NodeLife } from './evidence/run-record.ts';
import type { History } from './history/history.ts';
import { receiptCounters } from './history/receipts.ts';
import { sendCounters } from './history/sends.ts';
import type { BinLatency } from './structures/time-bins.ts';

/** Arrays have a number for each bin: the first begins at the run's base, and each lasts `widthNs`. */
export interface Timeline {
  readonly widthNs: number;
  readonly bins: number;
  readonly messages: {
    /** Messages by their first ack. The sum is `counts.acked`. */
    readonly acked: readonly number[];
    /** Messages that are unknown in the end, by their last outcome. The sum is `counts.unknown`. */
    readonly unknown: readonly number[];
  };
  readonly attempts: {
    /** The sum is `counts.attempts`. */
    readonly begun: readonly number[];
    readonly degraded: readonly number[];
    readonly rejected: readonly number[];
    readonly unknown: readonly number[];
    /** Oneway sends that were handed over. */
    readonly sent: readonly number[];
    /** Attempts without an end when the bin ended: no outcome, no further attempt, and their producer lived. */
    readonly inFlight: readonly number[];
  };
  readonly deliveries: {
    /** By all groups. The sum is `counts.deliveries`. */
    readonly received: readonly number[];
    /** Those that repeat an earlier one of their group. The sum is `counts.extraDeliveries`. */
    readonly extra: readonly number[];
  };
  /** By the time of the ack, and of the first receipt. */
  readonly latency: { readonly ack: LatencyColumns; readonly endToEnd: LatencyColumns };
  readonly nodes: readonly NodeLife[];
}

/** Null for a bin in which nothing was measured. */
export type LatencyColumns = Readonly<Record<keyof BinLatency, readonly (number | null)[]>>;

/** Undefined if no record has a time, as in records of somebody else that have none. */
export function timelineOf({ sends, receipts, record }: History): Timeline | undefined {
  const { bins, unknowns } = sends;
  const endNs = Math.max(bins.endNs, receipts.bins.endNs);
  for (const each of [bins, unknowns, receipts.bins]) each.cover(endNs);
  const column = (name: keyof typeof sendCounters): number[] => bins.column(sendCounters[name]);
  const begun = column('attempts');
  const received = receipts.bins.column(receiptCounters.received);
  const acked = column('acked');
  const ended = column('ended');
  const used = (values: readonly number[]): number => values.findLastIndex((value) => value > 0) + 1;
  const count = Math.max(used(begun), used(acked), used(ended), used(received));
  if (count <= 1) return undefined;
  const cut = (values: readonly number[]): number[] => values.slice(0, count);
  return {
    widthNs: bins.widthNs,
    bins: count,
    messages: { acked: cut(acked), unknown: cut(unknowns.column(0)) },
    attempts: {
      begun: cut(begun),
      degraded: cut(column('degraded')),
      rejected: cut(column('rejected')),
      unknown: cut(column('unknown')),
      sent: cut(column('sent')),
      inFlight: cut(inFlight(begun, ended)),
    },
    deliveries: { received: cut(received), extra: cut(receipts.bins.column(receiptCounters.extra)) },
    latency: {
      ack: latencyColumns(bins.latencies(count, sends.latency)),
      endToEnd: latencyColumns(receipts.bins.latencies(count, receipts.latency)),
    },
    nodes: record.nodes,
  };
}

function inFlight(begun: readonly number[], ended: readonly number[]): number[] {
  let open = 0;
  return begun.map((count, bin) => {
    open += count - (ended[bin] as number);
    return open;
  });
}

function latencyColumns(bins: readonly (BinLatency | undefined)[]): LatencyColumns {
  const of = (name: keyof BinLatency): (number | null)[] => bins.map((bin) => bin?.[name] ?? null);
  return { p50Us: of('p50Us'), p99Us: of('p99Us'), maxUs: of('maxUs') };
}
