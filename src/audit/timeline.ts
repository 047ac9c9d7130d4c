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

/** It has at least one bin. Records without a time lie in the first, so that it is for the caller to know of them. */
export function timelineOf({ sends, receipts, record }: History): Timeline {
  const { bins, unknowns } = sends;
  const endNs = Math.max(bins.endNs, receipts.bins.endNs);
  for (const each of [bins, unknowns, receipts.bins]) each.cover(endNs);
  const sent = (name: keyof typeof sendCounters): number[] => bins.column(sendCounters[name]);
  const received = (name: keyof typeof receiptCounters): number[] => receipts.bins.column(receiptCounters[name]);
  const begun = sent('attempts');
  const ended = sent('ended');
  const messages = { acked: sent('acked'), unknown: unknowns.column(0) };
  const outcomes = {
    degraded: sent('degraded'),
    rejected: sent('rejected'),
    unknown: sent('unknown'),
    sent: sent('sent'),
  };
  const deliveries = { received: received('received'), extra: received('extra') };
  const columns = [begun, ended, ...[messages, outcomes, deliveries].flatMap((each) => Object.values(each))];
  const count = Math.max(1, ...columns.map((column) => column.findLastIndex((value) => value > 0) + 1));
  return {
    widthNs: bins.widthNs,
    bins: count,
    messages: cut(messages, count),
    attempts: cut({ begun, ...outcomes, inFlight: inFlight(begun, ended) }, count),
    deliveries: cut(deliveries, count),
    latency: {
      ack: latencyColumns(bins.latencies(count, sends.latency)),
      endToEnd: latencyColumns(receipts.bins.latencies(count, receipts.latency)),
    },
    nodes: record.nodes,
  };
}

/** Columns without the bins after the last that has anything. */
function cut<Name extends string>(columns: Record<Name, number[]>, bins: number): Record<Name, number[]> {
  const entries = Object.entries<number[]>(columns).map(([name, values]) => [name, values.slice(0, bins)]);
  return Object.fromEntries(entries) as Record<Name, number[]>;
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
