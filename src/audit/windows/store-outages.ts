/**
 * Outages of the stores of effects, whatever caused them. An outage is no finding, because the content of the store
 * says what became of the messages. It is a window of time, like a fault, for whoever reads the report.
 */
import type { FaultRecord } from '../evidence/run-record.ts';
import { type Sighting, type StoreSightings, togetherNs } from './store-sightings.ts';

export interface StoreOutage {
  /** The kind and address of the store, without secrets. */
  readonly store: string;
  /** When the first call or connection failed. */
  readonly fromNs: number;
  /**
   * When every worker that saw the outage, or a later one, had an answer again. Absent if none had until the records
   * end.
   */
  readonly toNs?: number;
  readonly seenBy: readonly { readonly name: string; readonly fromNs: number; readonly toNs?: number }[];
  /** Calls without an answer. */
  readonly calls: number;
  /** Connections that could not be made. */
  readonly connects: number;
  /** Tries at processing that failed because of the outage. */
  readonly tries: number;
  /** The ids of the faults that were in force during the outage. */
  readonly faults: readonly string[];
}

/**
 * The outages, from sightings: those of one store that overlap or nearly overlap are one. `faults` are sorted by
 * injection.
 */
export function storeOutages({ all, reached }: StoreSightings, faults: readonly FaultRecord[]): StoreOutage[] {
  return grouped(all, ({ store }) => store)
    .flatMap(([store, sightings]) => {
      const instants = [
        ...(reached.get(store) ?? []),
        ...sightings.flatMap(({ firstReachedNs, toNs }) => [firstReachedNs ?? [], toNs ?? []].flat()),
      ].sort((a, b) => a - b);
      return clusters(sightings).map((cluster) => outageOf(cluster, instants, faults));
    })
    .sort((a, b) => a.fromNs - b.fromNs);
}

function outageOf(
  cluster: readonly Sighting[],
  reachedNs: readonly number[],
  faults: readonly FaultRecord[],
): StoreOutage {
  const [{ store, fromNs }] = cluster as readonly [Sighting];
  const endNs = cluster.reduce((latest, each) => Math.max(latest, endOf(each)), 0);
  const toNs = reachedNs.find((atNs) => atNs >= endNs);
  const sum = (key: 'calls' | 'connects' | 'tries'): number => cluster.reduce((total, each) => total + each[key], 0);
  return {
    store,
    fromNs,
    ...(toNs === undefined ? {} : { toNs }),
    seenBy: grouped(cluster, ({ writer }) => writer).map(([name, seen]) => seenBy(name, seen)),
    calls: sum('calls'),
    connects: sum('connects'),
    tries: sum('tries'),
    faults: faults.filter((fault) => isInForce(fault, fromNs, toNs ?? Number.POSITIVE_INFINITY)).map(({ id }) => id),
  };
}

function clusters(sightings: readonly Sighting[]): Sighting[][] {
  const all: Sighting[][] = [];
  let endNs = Number.NEGATIVE_INFINITY;
  for (const sighting of sightings.toSorted((a, b) => a.fromNs - b.fromNs)) {
    if (sighting.fromNs - endNs >= togetherNs) all.push([]);
    all.at(-1)?.push(sighting);
    endNs = Math.max(endNs, endOf(sighting));
  }
  return all;
}

function endOf({ toNs, lastNs }: Sighting): number {
  return toNs ?? lastNs;
}

function seenBy(name: string, sightings: readonly Sighting[]): StoreOutage['seenBy'][number] {
  const [first] = sightings as readonly [Sighting];
  const toNs = sightings.at(-1)?.toNs;
  return { name, fromNs: first.fromNs, ...(toNs === undefined ? {} : { toNs }) };
}

function isInForce({ injectingNs, healedNs }: FaultRecord, fromNs: number, toNs: number): boolean {
  return injectingNs !== undefined && injectingNs <= toNs && (healedNs ?? Number.POSITIVE_INFINITY) >= fromNs;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups];
}
