import type { History, Sent } from './history.ts';
import { promisesOf, type Scenario } from './scenario.ts';

export interface Ending {
  /** By partition, what is shown in the end from the first offset on. */
  readonly stored: ReadonlyMap<number, readonly { readonly offset: number; readonly value: string }[]>;
  /** The bytes of each node's log. */
  readonly logs: readonly { readonly id: number; readonly set: number; readonly log: Buffer }[];
}

/** Holds what a run left behind to what the settings promise under its faults. A sentence for each violation. */
export function judge(scenario: Scenario, history: History, { stored, logs }: Ending): string[] {
  const promises = promisesOf(scenario);
  const at = (partition: number, offset: number) => stored.get(partition)?.[offset]?.value;
  const violations: string[] = [];

  for (const [partition, records] of stored) {
    const gap = records.findIndex(({ offset }, index) => offset !== index);
    if (gap >= 0) violations.push(`partition ${partition} has offset ${records[gap]?.offset} where ${gap} was to come`);
    violations.push(...identities(partition, records, history));
  }
  for (const { value, outcome, acks, partition, offset } of history.sent.values()) {
    const promised = acks === -1 ? promises.all : promises.one;
    if (outcome !== 'acked' || !promised || at(partition, offset) === value) continue;
    violations.push(
      `${value} was acknowledged at ${partition}/${offset}, where ${at(partition, offset) ?? 'nothing'} is in the end`,
    );
  }
  if (promises.shown) {
    violations.push(...history.breaches);
    for (const [partition, shown] of history.shown)
      for (const [offset, value] of shown) {
        if (at(partition, offset) === value) continue;
        violations.push(
          `${value} was shown at ${partition}/${offset}, where ${at(partition, offset) ?? 'nothing'} is in the end`,
        );
      }
  }
  for (const one of logs)
    for (const other of logs) {
      if (one.id >= other.id || one.set !== other.set || one.log.equals(other.log)) continue;
      violations.push(
        `the logs of n${one.id} and n${other.id} differ: ${one.log.length} and ${other.log.length} bytes`,
      );
    }
  return violations;
}

/** Nothing that nobody sent, nothing of an idempotent producer twice, and what it sent in the order of sending. */
function identities(partition: number, records: readonly { readonly value: string }[], { sent }: History): string[] {
  const violations: string[] = [];
  const seen = new Set<string>();
  const last = new Map<string, Sent>();
  for (const { value } of records) {
    const one = sent.get(value);
    if (one === undefined) violations.push(`${value} is stored, and nobody sent it`);
    if (one?.idempotent !== true) continue;
    if (seen.has(value)) violations.push(`${value} is stored twice in partition ${partition}`);
    seen.add(value);
    const before = last.get(one.producer);
    if (before !== undefined && before.number > one.number) violations.push(`${value} is stored after ${before.value}`);
    last.set(one.producer, one);
  }
  return violations;
}
