import { Reader } from '../wire/reader.ts';
import { array, string } from '../wire/types.ts';
/** An assignment strategy that a member supports, with the member's data for it. A member lists them by preference. */
export interface Protocol {
  readonly name: string;
  readonly metadata: Buffer;
}

interface Speaker {
  readonly protocols: readonly Protocol[];
}

/** The names of the protocols that all members support; none if there are no members. */
export function commonProtocols(speakers: readonly Speaker[]): string[] {
  const [first, ...others] = speakers;
  const names = first?.protocols.map(({ name }) => name) ?? [];
  return names.filter((name) => others.every((one) => speaks(one, name)));
}

/**
 * The protocol of the next generation. Each member votes for the one that it prefers among those that all members support.
 * If votes are equal, the oldest member's preference decides (in Kafka, the order of a hash table).
 */
export function electedProtocol(speakers: readonly Speaker[]): string {
  const candidates = commonProtocols(speakers);
  const votes = new Map(candidates.map((name) => [name, 0]));
  for (const { protocols } of speakers) {
    const vote = protocols.find(({ name }) => votes.has(name))?.name;
    if (vote !== undefined) votes.set(vote, (votes.get(vote) ?? 0) + 1);
  }
  const most = Math.max(...votes.values());
  return candidates.find((name) => votes.get(name) === most) ?? '';
}

export function sameProtocols(one: readonly Protocol[], other: readonly Protocol[]): boolean {
  const alike = ({ name, metadata }: Protocol, twin: Protocol | undefined) =>
    twin?.name === name && twin.metadata.equals(metadata);
  return one.length === other.length && one.every((protocol, index) => alike(protocol, other[index]));
}

function speaks({ protocols }: Speaker, name: string): boolean {
  return protocols.some((one) => one.name === name);
}

/** The topics that a member of a consumer group subscribes to, by its metadata; undefined if they cannot be read. */
export function subscribedTopics(metadata: Buffer): readonly string[] | undefined {
  const reader = new Reader(metadata);
  try {
    reader.int16(); // the version, which only adds fields behind the topics
    return array(string).read(reader, { version: 0, flexible: false });
  } catch {
    // Somebody else's format: the caller takes it for a subscription to everything.
    return undefined;
  }
}
