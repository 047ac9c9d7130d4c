/** Names of what a channel and its groups have on a server. */

/** The one field of an entry: the message's bytes. */
export const field = 'm';

/** Fields of a dead letter: where the message was. */
export const originFields = { partition: 'partition', id: 'id', deliveries: 'deliveries' } as const;

export function streamOf(channel: string, partition: number): string {
  return `${channel}-${partition}`;
}

export function streamsOf({ name, partitions = 1 }: { readonly name: string; readonly partitions?: number }): string[] {
  return Array.from({ length: partitions }, (_, partition) => streamOf(name, partition));
}

export function partitionIn(stream: string): number {
  return Number(stream.slice(stream.lastIndexOf('-') + 1));
}

/** The stream that takes what a group could not process. */
export function deadStreamOf(group: string): string {
  return `${group}-dead`;
}

/** A pattern for SCAN that means this text. */
export function globOf(text: string): string {
  return text.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`);
}
