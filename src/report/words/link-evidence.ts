/** What a fault did to the connections between a node and others, in the words that follow the node's name. */
import { counted } from '../../counted.ts';
import { size } from './size.ts';

type Evidence = Readonly<Record<string, unknown>>;

/** Undefined: the evidence is of something else. */
export function linkText(evidence: Evidence): string | undefined {
  const { from, links, do: deed } = evidence;
  const say = phrases[String(deed)];
  if (!Array.isArray(from) || !Array.isArray(links) || say === undefined) return undefined;
  const met = links.reduce((sum: number, link: Evidence) => sum + Number(link.met ?? 0), 0);
  return `${say(evidence, from.join(', '))} (${counted(met, 'open connection')})`;
}

const phrases: Readonly<Record<string, (evidence: Evidence, whom: string) => string>> = {
  silence: ({ direction }, whom) => {
    if (direction === 'inbound') return `hears nothing from ${whom}`;
    return direction === 'outbound' ? `is not heard by ${whom}` : `is cut off from ${whom}`;
  },
  latency: ({ delayMs, jitterMs }, whom) =>
    `is ${Number(delayMs)} ms${Number(jitterMs) === 0 ? '' : ` ± ${Number(jitterMs)}`} away from ${whom}`,
  bandwidth: ({ bytesPerSecond }, whom) => `exchanges ${size(Number(bytesPerSecond))} a second with ${whom}`,
  'slow-close': ({ delayMs }, whom) => `and ${whom} learn ${Number(delayMs)} ms late that the other has closed`,
  'cut-after': ({ bytes }, whom) => `and ${whom}: each connection ends after ${size(Number(bytes))}`,
  reset: (_, whom) => `and ${whom}: connections reset`,
  'half-open': (_, whom) => `and ${whom}: one end is gone and the other not told`,
};
