/** The rules in force on a link: which requests they are about, how often they acted, and a bounded log of what they did. */
import { type Random, random } from '../random.ts';
import type { WireLogEntry, WireReport, WireRule } from './rule.ts';

/** A request that a rule may be about. */
export interface WireRequest {
  readonly api: string;
  /** As the client calls itself. */
  readonly client: string;
  /** The process that sent it, where the system tells; looked up when asked. */
  source(): string | undefined;
  /** Where its answer is kept back or replaced there must be one. */
  readonly answered: boolean;
  /** Undefined: the request could not be read so far. */
  readonly parts: readonly WirePart[] | undefined;
  /** Why not, with the kind of request: `fetch 19: a version that links do not read`. */
  readonly unread?: string;
  /** For the log. */
  readonly seen: WireLogEntry;
}

/** What a request is about: one partition of a topic. */
export interface WirePart {
  readonly topic: string;
  /** -1: there is none, or the topic as a whole is meant. */
  readonly partition: number;
  /** For the log. */
  readonly seen?: WireLogEntry;
}

/** A deed that is on its way. It counts once it is done. */
export interface Claim {
  readonly rule: WireRule;
  /** Those of the request's parts that the rule is about. */
  readonly parts: readonly WirePart[];
  /** The so many-th request that the rule has met, from 1: a number for what is drawn. */
  readonly index: number;
  /** Whether the rule is still in force: nothing is done by one that was removed. */
  readonly inForce: boolean;
  /** Whether the rule is about this partition: where an answer names other ones than its request. */
  concerns(topic: string, partition: number): boolean;
  done(more?: WireLogEntry): void;
  /** It cannot be done any more: another request may have it. */
  abandon(): void;
  /** Called when the rule is removed, unless the deed was done or abandoned by then; given after that, in any case. */
  atEnd(undo: () => void): void;
}

const mostLogged = 100;
const mostPlaces = 256;
const otherPlaces = 'others';

/** A connection of which nothing more can be read. */
export type Blind = Pick<WireRequest, 'source' | 'seen'>;

export class RuleBook {
  readonly #rules = new Map<string, ActiveRule>();
  /** Those that are open. */
  readonly #blind = new Set<Blind>();

  /** @throws Error when a rule of that id is in force. */
  add(rule: WireRule): void {
    if (this.#rules.has(rule.id)) throw new Error(`a rule ${rule.id} is in force already`);
    const active = new ActiveRule(rule);
    this.#rules.set(rule.id, active);
    for (const connection of this.#blind) active.noteBlind(connection);
  }

  /** Whatever is asked on it from now on nobody can tell: each rule has it among what was unread. Returns its end. */
  blind(connection: Blind): () => void {
    this.#blind.add(connection);
    for (const rule of this.#rules.values()) rule.noteBlind(connection);
    return () => this.#blind.delete(connection);
  }

  /** From now on nothing more is done by it, not even to requests that it has taken. Undefined: there is none. */
  remove(id: string): WireReport | undefined {
    const rule = this.#rules.get(id);
    this.#rules.delete(id);
    rule?.end();
    return rule?.report();
  }

  report(id: string): WireReport | undefined {
    return this.#rules.get(id)?.report();
  }

  get ids(): readonly string[] {
    return [...this.#rules.keys()];
  }

  /** Whether a rule may be about requests of that name, so that they have to be read. */
  wants(api: string): boolean {
    if (this.#rules.size === 0) return false;
    for (const rule of this.#rules.values()) if (rule.wants(api)) return true;
    return false;
  }

  /** The first rule that is about a request and takes it. */
  claim(request: WireRequest): Claim | undefined {
    for (const rule of this.#rules.values()) {
      const claim = rule.claim(request);
      if (claim !== undefined) return claim;
    }
    return undefined;
  }
}

class ActiveRule {
  readonly #rule: WireRule;
  readonly #topic: (name: string) => boolean;
  readonly #client: (name: string) => boolean;
  /** Drawn once for each request that is met. */
  readonly #chance: Random;
  readonly #log: WireLogEntry[] = [];
  readonly #by = new Map<string, number>();
  /** What rules keep up, until it is over or they are removed. */
  readonly #undo = new Set<() => void>();
  /** By what they were and why. */
  readonly #unread = new Map<string, number>();
  #over = false;
  #met = 0;
  #claimed = 0;
  #done = 0;

  constructor(rule: WireRule) {
    this.#rule = rule;
    this.#topic = matcher(rule.topic);
    this.#client = matcher(rule.client);
    this.#chance = random(rule.seed, `${rule.id}/share`);
  }

  wants(api: string): boolean {
    const { api: own, times } = this.#rule;
    return (own === undefined || own === api) && (times === undefined || this.#claimed < times);
  }

  claim(request: WireRequest): Claim | undefined {
    if (!this.wants(request.api) || !this.#isFrom(request)) return undefined;
    if (!request.answered && this.#rule.deed.type !== 'change-records') return undefined;
    const parts = this.#partsOf(request);
    if (parts === undefined) return undefined;
    this.#met += 1;
    const { share } = this.#rule;
    if (share !== undefined && this.#chance() >= share) return undefined;
    this.#claimed += 1;
    return this.#claimOf(request, parts, this.#met);
  }

  /** Unless it is of one of those whom the rule is not about. */
  noteBlind({ source, seen }: Blind): void {
    const { except = [] } = this.#rule;
    if (except.length > 0 && except.some((name) => name === source())) return;
    this.#noteUnread({ seen, unread: 'all of a connection: TLS, or another protocol or version' });
  }

  /** It is in force no more, and what it keeps up is undone. */
  end(): void {
    this.#over = true;
    for (const undo of [...this.#undo]) undo();
  }

  report(): WireReport {
    const logged = this.#log.filter(({ unread }) => unread === undefined).length;
    return {
      met: this.#met,
      done: this.#done,
      unread: [...this.#unread.values()].reduce((sum, count) => sum + count, 0),
      ...(this.#unread.size === 0 ? {} : { unreadBy: Object.fromEntries(this.#unread) }),
      by: Object.fromEntries(this.#by),
      ...(this.#done > logged ? { notLogged: this.#done - logged } : {}),
      log: [...this.#log],
    };
  }

  #claimOf(request: WireRequest, parts: readonly WirePart[], index: number): Claim {
    const isOver = (): boolean => this.#over;
    let open = true;
    let own: (() => void) | undefined;
    const settle = (): boolean => {
      if (!open) return false;
      open = false;
      if (own !== undefined) this.#undo.delete(own);
      return true;
    };
    return {
      ...{ rule: this.#rule, parts, index },
      get inForce() {
        return !isOver();
      },
      concerns: (topic, partition) => this.#concerns(topic, partition),
      done: (more = {}) => {
        if (!settle()) return;
        this.#done += 1;
        this.#note(request, parts, more);
      },
      abandon: () => {
        if (settle()) this.#claimed -= 1;
      },
      atEnd: (undo) => {
        own = undo;
        this.#undo.add(undo);
      },
    };
  }

  #concerns(topic: string, partition: number): boolean {
    const { partition: own } = this.#rule;
    return this.#topic(topic) && (own === undefined || own === partition);
  }

  #isFrom(request: WireRequest): boolean {
    const { client, except = [] } = this.#rule;
    if (except.length > 0 && except.some((name) => name === request.source())) return false;
    if (client === undefined || this.#client(request.client)) return true;
    const source = request.source();
    return source !== undefined && this.#client(source);
  }

  /** Undefined: the rule is not about the request, or nobody can tell. */
  #partsOf(request: WireRequest): readonly WirePart[] | undefined {
    const { topic, partition, deed } = this.#rule;
    const { parts } = request;
    const byPart = topic !== undefined || partition !== undefined;
    if (parts === undefined) {
      // an answer that is only kept back need not be understood
      if (!byPart && (deed.type === 'lose-answer' || deed.type === 'delay-answer')) return [];
      this.#noteUnread({ seen: request.seen, unread: request.unread ?? request.api });
      return undefined;
    }
    // the answer tells what it is about, and the request may have asked for everything
    if (!byPart || deed.type === 'move-leader') return parts;
    const own = parts.filter((part) => this.#concerns(part.topic, part.partition));
    return own.length === 0 ? undefined : own;
  }

  /** The first of each kind stands in the log among the deeds. */
  #noteUnread({ seen, unread }: Pick<WireRequest, 'seen'> & { readonly unread: string }): void {
    const known = this.#unread.has(unread) || this.#unread.size < mostPlaces ? unread : otherPlaces;
    const count = this.#unread.get(known) ?? 0;
    this.#unread.set(known, count + 1);
    if (count === 0 && this.#log.length < mostLogged) this.#log.push({ ...seen, unread, atNs: nowNs() });
  }

  #note(request: WireRequest, parts: readonly WirePart[], more: WireLogEntry): void {
    const { seen, api } = request;
    // of a request that is about several, the deed itself may say which it was done to
    const own = parts.filter(({ topic, partition }) => topic === more.topic && partition === more.partition);
    const [first, ...others] = own.length > 0 ? own : parts;
    const places = first === undefined ? [api] : [first, ...others].map(placeOf);
    for (const place of places) {
      const known = this.#by.has(place) || this.#by.size < mostPlaces ? place : otherPlaces;
      this.#by.set(known, (this.#by.get(known) ?? 0) + 1);
    }
    if (this.#log.length >= mostLogged) return;
    const about = first === undefined ? {} : { ...placed(first), ...first.seen };
    const besides = others.length > 0 ? { otherPartitions: others.length } : {};
    const source = request.source();
    this.#log.push({
      ...seen,
      ...(source === undefined ? {} : { source }),
      ...about,
      ...besides,
      ...more,
      atNs: nowNs(),
    });
  }
}

/** Of the machine's monotonic clock. */
function nowNs(): number {
  return Number(process.hrtime.bigint());
}

/** As `by` and the log have it. */
function placeOf({ topic, partition }: WirePart): string {
  return partition < 0 ? topic : `${topic}/${partition}`;
}

function placed({ topic, partition }: WirePart): WireLogEntry {
  return partition < 0 ? { topic } : { topic, partition };
}

/** Whether a name is meant: by itself, or with `*` for any characters. */
function matcher(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  if (!pattern.includes('*')) return (name) => name === pattern;
  const form = new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`);
  return (name) => form.test(name);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
