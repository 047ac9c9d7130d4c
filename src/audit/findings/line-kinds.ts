/**
 * The kinds of lines about messages. Lines of one kind have the same class and the same fields `proved`, `how` and
 * `group`.
 */
import type { FindingClass } from '../class.ts';
import { groupName } from '../history/strangers.ts';
import type { Finding } from './finding.ts';

export interface LineKind {
  readonly number: number;
  readonly class: FindingClass;
  readonly more: Pick<Finding, 'proved' | 'how' | 'group'>;
}

export class LineKinds {
  /** By the number of the kind. */
  readonly all: LineKind[] = [];
  /** At 1: messages whose absence from the log is proved. At 0: the other lost ones. */
  readonly lost = [this.#add('lost', { proved: false }), this.#add('lost', { proved: true })];
  readonly rolledBack = this.#add('rolled-back');
  readonly degradedLost = this.#add('degraded-lost');
  readonly recovered = this.#add('recovered');
  readonly contradicted = this.#add('contradicted');
  readonly pending = this.#add('pending');
  readonly undelivered = {
    told: this.#add('undelivered', { how: 'told' }),
    silent: this.#add('undelivered', { how: 'silent' }),
    died: this.#add('undelivered', { how: 'died' }),
  };
  readonly undeliveredSilent = this.#add('undelivered-silent');
  readonly unseen = this.#add('unseen');
  /** By the number of the group. */
  readonly unseenBy: readonly LineKind[];
  readonly skippedBy: readonly LineKind[];

  constructor(groups: readonly string[]) {
    const byGroup = (name: FindingClass): LineKind[] =>
      groups.map((_, group) => this.#add(name, { group: groupName(groups, group) }));
    this.unseenBy = byGroup('unseen');
    this.skippedBy = byGroup('skipped');
  }

  #add(name: FindingClass, more: LineKind['more'] = {}): LineKind {
    const kind = { number: this.all.length, class: name, more };
    this.all.push(kind);
    return kind;
  }
}

/** Whether the class counts towards `lostMessages` and `lossWindowMs` of a fault. */
export function isLoss(name: FindingClass): boolean {
  return name === 'lost' || name === 'rolled-back';
}
