import { globOf } from './glob.ts';

/** What a rule can act on. `create` is a new name (files, folders, links), `remove` one that goes away. */
export const operations = [
  'open',
  'create',
  'read',
  'write',
  'truncate',
  'sync',
  'rename',
  'remove',
  'stat',
  'list',
  'chmod',
] as const;
export type Operation = (typeof operations)[number];

export const errnoNames = ['EIO', 'ENOSPC', 'EROFS'] as const;

export type Action =
  | { readonly errno: (typeof errnoNames)[number] }
  /** The call is done this much later. */
  | { readonly delayMs: number }
  /** The call is done when the rule is cleared. */
  | { readonly hang: true };

export interface Rule {
  readonly name: string;
  readonly on: readonly Operation[];
  readonly action: Action;
  /** Absent: every path. */
  readonly path?: string;
  /** How many matching calls go through first. */
  readonly skip: number;
  /** How many calls it then acts on; absent: all. */
  readonly times?: number;
  /** Of the calls it could act on, every so manieth one, the first included. */
  readonly every: number;
}

export interface RuleRecord {
  readonly name: string;
  /** Calls of its operations on its paths since it was set. */
  readonly matched: number;
  /** Those of them that it acted on. */
  readonly hits: number;
}

/** The rules in force. The first that matches acts. */
export class Rules {
  readonly #rules = new Map<string, InForce>();

  has(rule: Rule): boolean {
    return this.#rules.get(rule.name)?.rule === rule;
  }

  get isEmpty(): boolean {
    return this.#rules.size === 0;
  }

  get records(): RuleRecord[] {
    return [...this.#rules.values()].map(({ record }) => record);
  }

  /** In place of one of the same name. */
  set(rule: Rule): void {
    this.#rules.set(rule.name, new InForce(rule));
  }

  /** @returns what they did; without a name all are cleared. Empty when there is none of that name. */
  clear(name?: string): RuleRecord[] {
    const cleared = [...this.#rules.values()].filter(({ rule }) => name === undefined || rule.name === name);
    for (const { rule } of cleared) this.#rules.delete(rule.name);
    return cleared.map(({ record }) => record);
  }

  /** Counts a call, and says which rule acts on it. */
  decide(done: readonly Operation[], paths: readonly string[]): Rule | undefined {
    for (const one of this.#rules.values()) if (one.takes(done, paths)) return one.rule;
    return undefined;
  }
}

class InForce {
  readonly rule: Rule;
  /** Undefined: it is about all files, those without a name too. */
  readonly #isPath: ((path: string) => boolean) | undefined;
  #matched = 0;
  #hits = 0;

  constructor(rule: Rule) {
    this.rule = rule;
    this.#isPath = rule.path === undefined ? undefined : globOf(rule.path);
  }

  get record(): RuleRecord {
    return { name: this.rule.name, matched: this.#matched, hits: this.#hits };
  }

  takes(done: readonly Operation[], paths: readonly string[]): boolean {
    const { on, skip, times, every } = this.rule;
    if (!done.some((operation) => on.includes(operation))) return false;
    if (this.#isPath !== undefined && !paths.some(this.#isPath)) return false;
    this.#matched += 1;
    const place = this.#matched - 1 - skip;
    if (place < 0 || place % every !== 0 || this.#hits >= (times ?? Number.POSITIVE_INFINITY)) return false;
    this.#hits += 1;
    return true;
  }
}
