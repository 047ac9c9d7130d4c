/** What a fault asks of links: one rule a link, which says whose connections it is about and what becomes of them. */
import { wrongOrder } from './orders.ts';

/** Which way bytes go: from the client to the node, or back. */
export type Direction = 'requests' | 'answers';
export const directions = ['requests', 'answers'] as const;

/** Whose connections: those of named processes, or of everybody but them. One that nobody can name is none of either's names. */
export type Sources = { readonly only: readonly string[] } | { readonly except: readonly string[] };

/** What a rule does while it is in force. */
export type Bend =
  /** Bytes stand still; both ways, it is a partition. Connections stay open, and new ones are accepted and stand too. */
  | { readonly do: 'silence' }
  /** Each byte arrives later, by `delayMs` and up to `jitterMs` more or less, in order. */
  | { readonly do: 'latency'; readonly delayMs: number; readonly jitterMs: number }
  /** So many bytes a second, shared by all connections of the rule. */
  | { readonly do: 'bandwidth'; readonly bytesPerSecond: number }
  /** The end of a connection is passed on later. */
  | { readonly do: 'slow-close'; readonly delayMs: number }
  /** Each connection ends once so many bytes have gone through it since the rule came: the receiver gets exactly those. */
  | { readonly do: 'cut-after'; readonly bytes: number };

/** What happens once to the connections that are open. */
export type Deed =
  /** Both ends get a reset (RST). */
  | { readonly do: 'reset' }
  /** One end is gone, and the other is not told. */
  | { readonly do: 'half-open'; readonly gone: 'client' | 'node' };

export interface Rule {
  /** Of the fault that asked for it; a heal names it. */
  readonly id: string;
  readonly link: string;
  readonly sources: Sources;
  readonly directions: readonly Direction[];
  readonly what: Bend | Deed;
}

/** @throws ToolError `wrong-order`. */
export function parseRules(value: unknown): readonly Rule[] {
  if (!Array.isArray(value) || value.length === 0) throw wrongOrder('rules is a list', example);
  return value.map(parseRule);
}

const example =
  '{"id":"f1","link":"b1","sources":{"except":["b2"]},"directions":["requests","answers"],"what":{"do":"silence"}}';

/** The fields of each kind, and the least number that each may have. */
const numbers: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  silence: {},
  latency: { delayMs: 0, jitterMs: 0 },
  bandwidth: { bytesPerSecond: 1 },
  'slow-close': { delayMs: 0 },
  'cut-after': { bytes: 0 },
  reset: {},
  'half-open': {},
};

function parseRule(value: unknown): Rule {
  const { id, link, sources, directions: ways, what } = objectOf(value, 'a rule');
  if (typeof id !== 'string' || typeof link !== 'string') throw wrongOrder('a rule has an id and a link', example);
  if (!Array.isArray(ways) || ways.length === 0 || !ways.every((way) => directions.includes(way))) {
    throw wrongOrder('directions is a list of requests and answers', example);
  }
  return { id, link, sources: parseSources(sources), directions: ways, what: parseWhat(what) };
}

function parseSources(value: unknown): Sources {
  const { only, except } = objectOf(value, 'sources');
  const names = only ?? except;
  if ((only === undefined) === (except === undefined) || !Array.isArray(names) || !names.every(isText)) {
    throw wrongOrder('sources has a list of names, as only or as except', example);
  }
  return only === undefined ? { except: names } : { only: names };
}

function parseWhat(value: unknown): Bend | Deed {
  const what = objectOf(value, 'what');
  const fields = typeof what.do === 'string' && Object.hasOwn(numbers, what.do) ? numbers[what.do] : undefined;
  if (fields === undefined) throw wrongOrder(`do is one of ${Object.keys(numbers).join(', ')}`, example);
  for (const [name, least] of Object.entries(fields)) {
    const given = what[name];
    if (typeof given !== 'number' || !Number.isFinite(given) || given < least) {
      throw wrongOrder(`${name} of ${String(what.do)} is a number from ${least} up`, example);
    }
  }
  if (what.do === 'half-open' && what.gone !== 'client' && what.gone !== 'node') {
    throw wrongOrder('gone is client or node', example);
  }
  return what as unknown as Bend | Deed;
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongOrder(`${what} is an object`, example);
  }
  return value as Record<string, unknown>;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function concerns({ sources }: Pick<Rule, 'sources'>, source: string | undefined): boolean {
  if ('only' in sources) return source !== undefined && sources.only.includes(source);
  return source === undefined || !sources.except.includes(source);
}

/** Whether the rule can be carried out without knowing who opened a connection. */
export function concernsAll({ sources }: Pick<Rule, 'sources'>): boolean {
  return 'except' in sources && sources.except.length === 0;
}
