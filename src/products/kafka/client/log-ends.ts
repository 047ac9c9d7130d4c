/** First and next positions of every partition of a topic, asked now of the brokers that lead them. */
import { earliest, latest, type Metadata, type Wire } from './wire.ts';

export interface PartitionEnds {
  readonly partition: number;
  readonly first: number;
  readonly end: number;
}

export interface MissingEnds {
  readonly partition: number;
  readonly reason: string;
}

export async function logEnds(
  wire: Pick<Wire, 'offsets'>,
  topic: string,
  metadata: Metadata,
  signal?: AbortSignal,
): Promise<{ readonly ends: PartitionEnds[]; readonly missing: MissingEnds[] }> {
  const ends: PartitionEnds[] = [];
  const missing: MissingEnds[] = [];
  for (const [address, partitions] of byLeader(metadata)) {
    if (address === undefined) {
      missing.push(...partitions.map((partition) => ({ partition, reason: 'no leader' })));
      continue;
    }
    try {
      const [firsts, nexts] = await Promise.all([
        wire.offsets(address, topic, partitions, earliest, signal),
        wire.offsets(address, topic, partitions, latest, signal),
      ]);
      for (const partition of partitions) {
        const first = firsts.find((answer) => answer.partition === partition);
        const next = nexts.find((answer) => answer.partition === partition);
        const error = first?.error || next?.error;
        if (first === undefined || next === undefined) missing.push({ partition, reason: 'not in the answer' });
        else if (error) missing.push({ partition, reason: `error ${error}` });
        else ends.push({ partition, first: first.offset, end: next.offset });
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      missing.push(...partitions.map((partition) => ({ partition, reason })));
    }
  }
  return { ends: ends.sort((a, b) => a.partition - b.partition), missing };
}

export function byLeader({ partitions }: Metadata): Map<string | undefined, number[]> {
  const grouped = new Map<string | undefined, number[]>();
  for (const { partition, address } of partitions) {
    const list = grouped.get(address);
    if (list === undefined) grouped.set(address, [partition]);
    else list.push(partition);
  }
  return grouped;
}
