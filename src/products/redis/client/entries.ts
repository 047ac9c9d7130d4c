/** Entries of streams as the server answers them, with every string as bytes. */
import type { IncomingMessage } from '../../driver.ts';
import { field } from './keys.ts';
import { positionOf } from './position.ts';

export interface Entry {
  readonly id: string;
  /** Fields by name. */
  readonly fields: ReadonlyMap<string, Buffer>;
}

/** An answer of XRANGE or XCLAIM. What was deleted comes as nil from old versions. */
export function readEntries(answer: unknown): Entry[] {
  return ((answer ?? []) as (readonly [Buffer, readonly Buffer[] | null] | null)[]).flatMap((raw): Entry[] => {
    if (raw === null || raw[1] === null) return [];
    const [id, words] = raw;
    const fields = new Map<string, Buffer>();
    for (let i = 0; i + 1 < words.length; i += 2) fields.set(String(words[i]), words[i + 1] as Buffer);
    return [{ id: String(id), fields }];
  });
}

/** An answer of XREADGROUP: entries by stream. */
export function readStreams(answer: unknown): Map<string, Entry[]> {
  const streams = (answer ?? []) as readonly (readonly [Buffer, unknown])[];
  return new Map(streams.map(([name, entries]) => [String(name), readEntries(entries)]));
}

/** @param deliveries how often it was delivered to the group, this time included. */
export function incoming({ id, fields }: Entry, partition: number, deliveries: number): IncomingMessage {
  const position = positionOf(id);
  return {
    value: fields.get(field) ?? Buffer.alloc(0),
    partition,
    ...(position === undefined ? {} : { position }),
    redelivered: deliveries > 1,
    attempt: deliveries,
  };
}
