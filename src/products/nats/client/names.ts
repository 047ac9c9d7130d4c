/** Names on the servers: what a channel and a group are called there. */

/** Streams and consumers may have no dots, wildcards or slashes in their names. */
function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '_');
}

/** Stream of a partition; its one subject is called the same. */
export function streamOf(channel: string, partition: number): string {
  return `${plain(channel)}-${partition}`;
}

/** Stream of what the servers say about messages that were delivered too often. */
export function advisoriesOf(channel: string): string {
  return `${plain(channel)}-dead`;
}

/** Partition of a channel's stream; undefined: not a stream of that channel. */
export function partitionOf(channel: string, stream: string): number | undefined {
  const prefix = `${plain(channel)}-`;
  const rest = stream.startsWith(prefix) ? stream.slice(prefix.length) : '';
  return /^\d+$/.test(rest) ? Number(rest) : undefined;
}

/** The durable consumer that all members of a group pull from. */
export function durableOf(group: string): string {
  return plain(group);
}

/** `Nats-Msg-Id`: the same for every attempt at a message, and no other message's. */
export function messageId({ producer, seq }: { readonly producer: number; readonly seq: number }): string {
  return `${producer}-${seq}`;
}
