/** A finding is one affected message (for `unavailable`: one fault). All go to the sink; a few examples are kept. */

import { type Clause, type FindingClass, findingClasses } from '../class.ts';
import type { Attribution } from '../windows/attribution.ts';
import type { Lines } from './lines.ts';

/** One line of findings.ndjson, where what is undefined is left out. Times are nanoseconds since the run's base. */
export interface Finding extends Attribution {
  readonly class: FindingClass;
  /** `p3#41`: producer incarnation 3, sequence 41; of foreign records their own id. Absent: nobody can say which. */
  readonly message?: string | undefined;
  readonly group?: string | undefined;
  readonly partition?: number | undefined;
  readonly position?: number | undefined;
  /** First attempt; ack, or the last that is known of the message. */
  readonly sentAtNs?: number | undefined;
  readonly settledAtNs?: number | undefined;
  readonly attempts?: number | undefined;
  /** Of deliveries: when it was received. */
  readonly receivedAtNs?: number | undefined;
  /** Lost: the reader went through the message's partition and it is not there. */
  readonly proved?: boolean | undefined;
  /** Undelivered: what the application was told. */
  readonly how?: 'told' | 'silent' | 'died' | undefined;
  /** Duplicates: the broker itself flagged it as redelivered. */
  readonly redelivered?: boolean | undefined;
  /** Unavailable: the longest time without an ack in a partition. */
  readonly gapMs?: number | undefined;
  /** Duplicate effects: how often the store holds it. */
  readonly times?: number | undefined;
  /** Effects: how often consumers recorded that the store applied it. */
  readonly applied?: number | undefined;
  /** Stale overwrite: the older message that stands. */
  readonly by?: string | undefined;
  readonly recovered?: boolean | undefined;
}

export interface FindingSummary {
  readonly class: FindingClass;
  readonly count: number;
  /** Whether the run may have this many: its limit is kept, or it has none. */
  readonly allowed: boolean;
  readonly limit?: number;
  /** What the settings promise of this class; absent: of somebody else's records nobody knows the settings. */
  readonly contract?: Clause;
  /** Why the records cannot say how many there are; the count is what they do show. */
  readonly undecided?: string;
  readonly examples: readonly Finding[];
}

const examplesPerClass = 5;

export class Findings {
  readonly counts = new Map<FindingClass, number>();
  readonly undecided = new Map<FindingClass, string>();
  readonly #listed = new Map<FindingClass, Listed>();
  readonly lines: Lines | undefined;
  /** How often a finding became an example of its class. */
  examplesFound = 0;
  readonly #sink: ((finding: Finding) => void) | undefined;

  constructor(sink?: (finding: Finding) => void, lines?: Lines) {
    this.#sink = sink;
    this.lines = lines;
  }

  /** Somebody wants every one of them, not only its line. */
  get areTaken(): boolean {
    return this.#sink !== undefined;
  }

  /** One finding; counting is the checks' own, because lines are per message and group, counts per message. */
  list(finding: Finding): void {
    this.#sink?.(finding);
    this.lines?.add(finding);
    const listed = this.#of(finding.class);
    if (finding.fault !== undefined) listed.attributed += 1;
    if (keep(listed, finding)) this.examplesFound += 1;
  }

  /** The most that a finding may weigh that is no example, as far as is known by now; -1: each is one. */
  heaviest(name: FindingClass): number {
    const { examples, mildest } = this.#of(name);
    return examples.length < examplesPerClass ? -1 : mildest;
  }

  /** Lines that were written elsewhere. */
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

  /** Lines of a class that name a fault. */
  attributed(name: FindingClass): number {
    return this.#listed.get(name)?.attributed ?? 0;
  }

  examples(name: FindingClass): readonly Finding[] {
    return this.#listed.get(name)?.examples ?? [];
  }

  /** Classes with something to say, in the order of the table. */
  present(): FindingClass[] {
    return findingClasses.filter((name) => this.count(name) > 0 || this.undecided.has(name));
  }
}

interface Listed {
  /** Lines that name a fault. */
  attributed: number;
  readonly examples: Finding[];
  /** Weight of the mildest example: hardly any line beats it. */
  mildest: number;
}

/**
 * Proved beats unproved, attributed beats unattributed, a longer gap beats a shorter; else the earlier one stays. True
 * when the finding is an example now.
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
