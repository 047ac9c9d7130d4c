/** What clients did and saw in a run: the evidence that the contract is judged by. */
export interface Sent {
  readonly value: string;
  readonly producer: string;
  readonly idempotent: boolean;
  readonly acks: 1 | -1;
  readonly partition: number;
  /** Of this producer, ascending. */
  readonly number: number;
  outcome: 'unknown' | 'acked' | 'degraded' | 'refused';
  /** Where it was acknowledged. */
  offset: number;
}

export class History {
  readonly sent = new Map<string, Sent>();
  /** By partition, what consumers were shown at each offset. */
  readonly shown = new Map<number, Map<number, string>>();
  readonly violations: string[] = [];
  /** What broke a promise, if one was made; else it is noted and no violation. */
  readonly breaches: string[] = [];
  /** By group and partition: the furthest commit that was acknowledged, and those whose outcome nobody knows. */
  readonly #commits = new Map<string, { acknowledged: number; readonly unsure: Set<number> }>();

  saw(partition: number, offset: number, value: string, who: string): void {
    const shown = this.shown.get(partition) ?? new Map<number, string>();
    this.shown.set(partition, shown);
    const before = shown.get(offset);
    if (before === undefined) shown.set(offset, value);
    else if (before !== value)
      this.breaches.push(`${who} is shown ${value} at ${partition}/${offset}, where ${before} was shown`);
    if (!this.sent.has(value))
      this.violations.push(`${who} is shown ${value} at ${partition}/${offset}, which nobody sent`);
  }

  /** A group is about to commit. Returns what to call when that is acknowledged. */
  committing(group: string, partition: number, offset: number): () => void {
    const commits = this.#commitsOf(group, partition);
    commits.unsure.add(offset);
    return () => {
      commits.unsure.delete(offset);
      commits.acknowledged = Math.max(commits.acknowledged, offset);
    };
  }

  /** A commit whose answer got lost may come late, and then stands for what came after it. */
  foundCommitted(group: string, partition: number, offset: number): void {
    const { acknowledged, unsure } = this.#commitsOf(group, partition);
    if (offset >= acknowledged || unsure.has(offset)) return;
    this.breaches.push(`group ${group} committed ${partition} up to ${acknowledged}, and finds ${offset}`);
  }

  counts(): string {
    const outcomes = ['acked', 'degraded', 'refused', 'unknown'] as const;
    const all = [...this.sent.values()];
    return outcomes.map((outcome) => `${all.filter((one) => one.outcome === outcome).length} ${outcome}`).join(', ');
  }

  #commitsOf(group: string, partition: number) {
    const key = `${group} ${partition}`;
    const commits = this.#commits.get(key) ?? { acknowledged: -1, unsure: new Set<number>() };
    this.#commits.set(key, commits);
    return commits;
  }
}
