/** What a profile says of the connections between nodes and others: which faults bend them, and whose they are. */
import { pairWords } from '../cluster/controls.ts';
import { findFault } from '../faults/registry.ts';
import { nodesOf, productOf } from '../products/registry.ts';
import { didYouMean } from '../suggest.ts';
import { namesIn, type SetUp } from './targets.ts';

/** As a profile or a plan has it. */
interface Entry {
  readonly do: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** Whether the fault needs links before the nodes: a run that has one lays every node behind one. */
export function needsLinks(entry: Pick<Entry, 'do'>): boolean {
  return bendsLinks(entry) || readsRequests(entry);
}

/** Whether the fault needs links that read the protocol. */
export function readsRequests({ do: name }: Pick<Entry, 'do'>): boolean {
  return findFault(name)?.needs.includes('wire') === true;
}

/** Whether it is about connections between a node and others. */
export function bendsLinks({ do: name }: Pick<Entry, 'do'>): boolean {
  return findFault(name)?.needs.includes('link') === true;
}

/** Who is at the other end of the connections that a fault bends; none for any other fault. */
export function othersOf({ do: name, parameters = {} }: Entry): readonly string[] {
  if (!bendsLinks({ do: name })) return [];
  const { from = 'clients' } = parameters;
  return (Array.isArray(from) ? from : [from]).map(String);
}

/** Whether the fault keeps nothing from a node but its clients: what nodes say to each other passes. */
export function bendsClientsOnly(entry: Entry): boolean {
  if (readsRequests(entry)) return true;
  const others = othersOf(entry);
  return others.length > 0 && others.every((name) => isClient(name));
}

/** Workers have the names of producers and consumers (names.ts). */
function isClient(name: string): boolean {
  return name === 'clients' || name === 'producers' || name === 'consumers' || /^[pc]\d+$/.test(name);
}

/** Why a fault cannot bend what it says, a sentence; undefined: it can. */
export function whyNotBent(entry: Entry, setUp: SetUp): string | undefined {
  const { brokers, others, producers, consumers } = namesIn(setUp);
  const nodes = [...others, ...brokers];
  const linked = nodesOf(setUp.cluster).flatMap(({ id, controls }) => (controls.includes('link') ? [id] : []));
  for (const name of othersOf(entry)) {
    const known = [...pairWords, ...nodes, ...producers, ...consumers];
    if (!known.some((one) => one === name)) {
      return `no '${name}' here: expected ${pairWords.join(', ')}, a worker or a node${didYouMean(name, known, otherWords)}`;
    }
    if (isClient(name)) continue;
    const { title, absent } = productOf(setUp.cluster.broker);
    const why = absent?.('peer-links', setUp.cluster);
    if (why !== undefined) return `'${name}': ${why}`;
    if (nodes.includes(name) && !linked.includes(name))
      return `'${name}': no link stands before it, and it connects to no node`;
    if (name === 'peers' && linked.length < 2) return `'peers': ${title} has one node here, which has no others`;
  }
  return undefined;
}

const otherWords = {
  client: 'clients',
  workers: 'clients',
  producer: 'producers',
  consumer: 'consumers',
  brokers: 'peers',
  nodes: 'peers',
  others: 'peers',
  slaves: 'peers',
  all: 'everyone',
  any: 'everyone',
};
