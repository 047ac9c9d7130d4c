/** From a pair, a node and those whose connections with it are to be bent, to rules for the links (src/link/rule.ts). */
import type { LinkBend, pairWords } from '../controls.ts';
import type { LinkSpec } from '../node-spec.ts';

type Direction = 'requests' | 'answers';
export type LinkSources = { readonly only: readonly string[] } | { readonly except: readonly string[] };

export interface LinkRule {
  readonly id: string;
  readonly link: string;
  readonly sources: LinkSources;
  readonly directions: readonly Direction[];
  readonly what: LinkBend['what'];
}

/** All that has a name and may open a connection. */
export interface LinkNames {
  readonly nodes: readonly string[];
  readonly producers: readonly string[];
  readonly consumers: readonly string[];
}

/** A link, and the node that it stands before. */
export interface PlacedLink extends LinkSpec {
  readonly node: string;
  /** By which it reads what passes, for the control `wire`. */
  readonly protocol?: string;
}

/**
 * Connections to the node go through its own links, those that it has opened through the links of others: a pair has both.
 * The id is the node's, so that a heal finds all of them.
 */
export function rulesFor(node: string, bend: LinkBend, links: readonly PlacedLink[], names: LinkNames): LinkRule[] {
  const { from, direction, what } = bend;
  const word = (...words: readonly (typeof pairWords)[number][]): boolean => words.some((one) => from.includes(one));
  const others = names.nodes.filter((name) => name !== node);
  const peers = others.filter((name) => word('peers', 'everyone') || from.includes(name));
  const workers = [
    ...names.producers.filter((name) => word('producers') || from.includes(name)),
    ...names.consumers.filter((name) => word('consumers') || from.includes(name)),
  ];
  // who has no name is a client: whatever a worker may have started without our seeing it
  const sources: LinkSources = word('clients', 'everyone')
    ? { except: names.nodes.filter((name) => !peers.includes(name)) }
    : { only: [...workers, ...peers] };
  const ways = (inbound: Direction, outbound: Direction): Direction[] => [
    ...(direction === 'outbound' ? [] : [inbound]),
    ...(direction === 'inbound' ? [] : [outbound]),
  ];
  return [
    ...links
      .filter((link) => link.node === node)
      .map(({ name }) => ({ id: node, link: name, sources, directions: ways('requests', 'answers'), what })),
    ...links
      .filter((link) => peers.includes(link.node))
      .map(({ name }) => ({
        ...{ id: node, link: name, sources: { only: [node] }, what: mirrored(what) },
        directions: ways('answers', 'requests'),
      })),
  ];
}

/** A connection that the node has opened has it at the other end. */
function mirrored(what: LinkBend['what']): LinkBend['what'] {
  return what.do === 'half-open' ? { ...what, gone: what.gone === 'node' ? 'client' : 'node' } : what;
}

/** As whom a probe must go through a link to meet such a rule; undefined: as somebody without a name. */
export function sourceOf(sources: LinkSources): string | undefined {
  return 'only' in sources ? sources.only[0] : undefined;
}
