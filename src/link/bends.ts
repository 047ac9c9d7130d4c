/** The rules in force on one link, and the course that they make for each connection. */
import type { Connection } from './connection.ts';
import { Bucket, type Course, type CutAfter, type Latency, straight } from './course.ts';
import { random } from './random.ts';
import { type Bend, concerns, concernsAll, type Direction, type Rule } from './rule.ts';

/** A rule in force, with what belongs to it alone. */
interface Bending {
  readonly rule: Rule;
  readonly what: Bend;
  readonly seed: number;
  readonly buckets: Readonly<Record<Direction, Bucket>> | undefined;
  /** What each connection has met of it: random numbers, and what is left until it is cut. */
  readonly met: WeakMap<Connection, Record<Direction, Meeting>>;
  /** What it has done so far. */
  readonly did: { -readonly [K in keyof Did]: Did[K] };
}

/** Connections, each counted once. */
export interface Did {
  /** That the rule was about. */
  readonly met: number;
  /** On which something came that it kept back or made late. */
  readonly bent: number;
  /** That it has reset by count. */
  readonly cuts: number;
}

interface Meeting {
  readonly latencies: readonly Latency[];
  readonly cuts: readonly CutAfter[];
  readonly bent: Course['bent'];
}

export class Bends {
  #bendings: readonly Bending[] = [];

  /** Whether any rule in force asks who opened a connection. */
  get askWho(): boolean {
    return this.#bendings.some(({ rule }) => !concernsAll(rule));
  }

  /** @param seed decides whatever is random under the rule. */
  add(rule: Rule, what: Bend, seed: number): void {
    const bucket = (): Bucket | undefined => (what.do === 'bandwidth' ? new Bucket(what.bytesPerSecond) : undefined);
    const [requests, answers] = [bucket(), bucket()];
    const buckets = requests === undefined || answers === undefined ? undefined : { requests, answers };
    const did = { met: 0, bent: 0, cuts: 0 };
    this.#bendings = [...this.#bendings, { rule, what, seed, buckets, met: new WeakMap(), did }];
  }

  /** Takes the rules of that id away, and tells what they have done; undefined: there was none. */
  remove(id: string): Did | undefined {
    const removed = this.#bendings.filter(({ rule }) => rule.id === id);
    this.#bendings = this.#bendings.filter(({ rule }) => rule.id !== id);
    const sum = (what: keyof Did): number => removed.reduce((all, { did }) => all + did[what], 0);
    return removed.length === 0 ? undefined : { met: sum('met'), bent: sum('bent'), cuts: sum('cuts') };
  }

  /** The rules that let nothing of that source through, one way at least. */
  silencing(source: string | undefined): readonly string[] {
    const silences = this.#bendings.filter(({ rule, what }) => what.do === 'silence' && concerns(rule, source));
    return [...new Set(silences.map(({ rule }) => rule.id))];
  }

  coursesOf(connection: Connection, source: string | undefined): Readonly<Record<Direction, Course>> {
    const bendings = this.#bendings.filter(({ rule }) => concerns(rule, source));
    if (bendings.length === 0) return { requests: straight, answers: straight };
    return {
      requests: courseOf('requests', bendings, connection),
      answers: courseOf('answers', bendings, connection),
    };
  }
}

function courseOf(direction: Direction, all: readonly Bending[], connection: Connection): Course {
  const bendings = all.filter(({ rule }) => rule.directions.includes(direction));
  const meetings = bendings.map((bending) => meetingOf(bending, connection)[direction]);
  return {
    silent: bendings.some(({ what }) => what.do === 'silence'),
    latencies: meetings.flatMap(({ latencies }) => latencies),
    narrows: bendings.flatMap(({ buckets }) => buckets?.[direction] ?? []),
    closeDelayMs: bendings.reduce((sum, { what }) => sum + (what.do === 'slow-close' ? what.delayMs : 0), 0),
    cuts: meetings.flatMap(({ cuts }) => cuts),
    bent: meetings.flatMap(({ bent }) => bent),
  };
}

function meetingOf(bending: Bending, connection: Connection): Readonly<Record<Direction, Meeting>> {
  const { what, met, rule, seed } = bending;
  const known = met.get(connection);
  if (known !== undefined) return known;
  bending.did.met += 1;
  let isBent = false;
  const bent = (came: 'bytes' | 'end'): void => {
    if (isBent || (what.do === 'slow-close' && came === 'bytes')) return;
    isBent = true;
    bending.did.bent += 1;
  };
  const meeting = (direction: Direction): Meeting => {
    const name = `${rule.id}/${rule.link}/${connection.number}/${direction}`;
    const cut = (): void => {
      bending.did.cuts += 1;
      connection.cut(direction);
    };
    return {
      latencies: what.do === 'latency' ? [{ ...what, random: random(seed, name) }] : [],
      cuts: what.do === 'cut-after' ? [{ left: what.bytes, cut }] : [],
      bent: what.do === 'cut-after' ? [] : [bent],
    };
  };
  const made = { requests: meeting('requests'), answers: meeting('answers') };
  met.set(connection, made);
  return made;
}
