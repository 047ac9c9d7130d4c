/**
 * A finding is one affected message (for `unavailable`: one fault). The sink gets all of them; a few examples are kept.
 */

import { type Clause, type FindingClass, findingClasses } from '../class.ts';
import type { Attribution } from '../windows/attribution.ts';
import type { Lines } from './lines.ts';

/**
 * One line of findings.ndjson, which leaves undefined fields out. Times are nanoseconds since the base of the run's
 * clock.
 */
export interface Finding extends Attribution {
  readonly class: FindingClass;
  /**
   * `p3#41` is sequence 41 of producer incarnation 3; foreign records have their own ids. Absent if it is not known.
   */
  readonly message?: string | undefined;
  readonly group?: string | undefined;
  /** Of foreign records that name topics. */
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly position?: number | undefined;
  /** When its first attempt began. */
  readonly sentAtNs?: number | undefined;
  /** When it was acked, or had its last known outcome. */
  readonly settledAtNs?: number | undefined;
  readonly attempts?: number | undefined;
  /** For findings about a delivery: when it was received. */
  readonly receivedAtNs?: number | undefined;
  /** For `lost`: the reader read the message's partition to the end and did not find the message. */
  readonly proved?: boolean | undefined;
  /** For `undelivered`: the application got an error, was told nothing, or died before an answer. */
  readonly how?: 'told' | 'silent' | 'died' | undefined;
  /** For duplicates: whether the broker flagged the delivery as redelivered. */
  readonly redelivered?: boolean | undefined;
  /** For `unavailable`: the longest time without an ack in a partition, in ms. */
  readonly gapMs?: number | undefined;
  /** For `duplicate-effect`: how often the store holds the effect. */
  readonly times?: number | undefined;
  /** For classes of effects: how often consumers recorded that the store applied the effect. */
  readonly applied?: number | undefined;
  /** For `stale-overwrite`: the older message whose effect the store holds. */
  readonly by?: string | undefined;
  /** For `unavailable`: whether acks came again in the partition. */
  readonly recovered?: boolean | undefined;
}

export interface FindingSummary {
  readonly class: FindingClass;
  readonly count: number;
  /** Whether the run may have this many: the class has no limit, or the limit is kept. */
  readonly allowed: boolean;
  readonly limit?: number;
  /** What the run's settings promise for this class. Absent for foreign records, whose settings are not known. */
  readonly contract?: Clause;
  /** Why the records cannot tell how many findings there are. The count is then of those that they do show. */
  readonly undecided?: string;
  readonly examples: readonly Finding[];
}

const examplesPerClass = 5;

/** What a partition of the journals was called; undefined where it keeps its number. */
export type RouteName = (partition: number) => { readonly topic?: string; readonly partition?: number } | undefined;

export class Findings {
  readonly counts = new Map<FindingClass, number>();
  readonly undecided = new Map<FindingClass, string>();
  readonly #listed = new Map<FindingClass, Listed>();
  readonly lines: Lines | undefined;
  /** How many findings have become an example of their class so far. */
  examplesFound = 0;
  readonly #sink: ((finding: Finding) => void) | undefined;
  readonly #routeName: RouteName | undefined;

  constructor(sink?: (finding: Finding) => void, lines?: Lines, routeName?: RouteName) {
    this.#sink = sink;
    this.#routeName = routeName;
    this.lines = lines;
  }

  /** Whether there is a sink, which has to be given every finding, not only its line. */
  get areTaken(): boolean {
    return this.#sink !== undefined;
  }

  /**
   * Lists one finding. It is not counted here: there is a finding for each message and group, but counts are of
   * messages.
   */
  list(found: Finding): void {
    const route = found.partition === undefined ? undefined : this.#routeName?.(found.partition);
    const finding = route === undefined ? found : { ...found, topic: route.topic, partition: route.partition };
    this.#sink?.(finding);
    this.lines?.add(finding);
    const listed = this.#of(finding.class);
    if (finding.fault !== undefined) listed.attributed += 1;
    if (keep(listed, finding)) this.examplesFound += 1;
  }

  /** A finding becomes an example if it weighs more than this; -1 while every finding of the class becomes one. */
  heaviest(name: FindingClass): number {
    const { examples, mildest } = this.#of(name);
    return examples.length < examplesPerClass ? -1 : mildest;
  }

  /** Adds lines that name a fault and were written by WebAssembly loops. */
  addAttributed(name: FindingClass, count: number): void {
    if (count > 0) this.#of(name).attributed += count;
  }

  #of(name: FindingClass): Listed {
    let listed = this.#listed.get(name);
    if (listed === undefined) {
      listed = { attributed: 0, examples: [], mildest: 0 };
      this.#listed.set(name, listed);
    }
    return listed;
  }

  add(name: FindingClass, count: number): void {
    if (count > 0) this.counts.set(name, (this.counts.get(name) ?? 0) + count);
  }

  count(name: FindingClass): number {
    return this.counts.get(name) ?? 0;
  }

  /** The number of lines of a class that name a fault. */
  attributed(name: FindingClass): number {
    return this.#listed.get(name)?.attributed ?? 0;
  }

  examples(name: FindingClass): readonly Finding[] {
    return this.#listed.get(name)?.examples ?? [];
  }

  /** Classes that have findings or are undecided, in the order of `findingClasses`. */
  present(): FindingClass[] {
    return findingClasses.filter((name) => this.count(name) > 0 || this.undecided.has(name));
  }
}

interface Listed {
  /** The number of lines that name a fault. */
  attributed: number;
  readonly examples: Finding[];
  /** The weight of the lightest example: hardly any finding weighs more. */
  mildest: number;
}

/**
 * Keeps a finding as an example if it weighs more than the lightest one. A proved finding outweighs an unproved one,
 * one that names a fault outweighs one that names none, and a longer gap outweighs a shorter one. True if the finding
 * was kept.
 */
function keep(listed: Listed, finding: Finding): boolean {
  const { examples } = listed;
  const weight = weightOf(finding);
  if (examples.length < examplesPerClass) examples.push(finding);
  else if (weight > listed.mildest) examples[examples.findLastIndex((each) => weightOf(each) < weight)] = finding;
  else return false;
  listed.mildest = Math.min(...examples.map(weightOf));
  return true;
}

function weightOf(finding: Finding): number {
  return (finding.proved === true ? 2 : 0) + (finding.fault === undefined ? 0 : 1) + (finding.gapMs ?? 0) * 4;
}
