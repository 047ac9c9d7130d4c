/** What the independent reader found at the places where a message was acknowledged or seen. */
import { deliveryFlags } from '../journal/event.ts';
import type { RunRecords } from './records.ts';
import type { PlaceRead, StoryEvent } from './story.ts';

/** A message that came again and again has many. */
const mostPlaces = 8;

export async function placesOf(
  records: RunRecords,
  producer: number,
  seq: number,
  events: readonly StoryEvent[],
): Promise<PlaceRead[]> {
  const places = new Map<string, { partition: number; position: number }>();
  for (const event of events) {
    if (event.what !== 'answered' && event.what !== 'received' && event.what !== 'stored') continue;
    const { partition, position } = event;
    if (partition === undefined || position === undefined) continue;
    places.set(`${partition} ${position}`, { partition, position });
  }
  const read: PlaceRead[] = [];
  for (const place of [...places.values()].slice(0, mostPlaces)) {
    read.push({ ...place, ...(await heldAt(records, producer, seq, place.partition, place.position)) });
  }
  return read;
}

async function heldAt(
  records: RunRecords,
  producer: number,
  seq: number,
  partition: number,
  position: number,
): Promise<Omit<PlaceRead, 'partition' | 'position'>> {
  let other: Omit<PlaceRead, 'partition' | 'position'> | undefined;
  for (const { file, lookup } of await records.journals('reader')) {
    for (const { record, event } of lookup.storedAt(partition, position)) {
      if (event.kind !== 'stored') continue;
      const from = { journal: file, record };
      const nobody = (event.flags & (deliveryFlags.unidentified | deliveryFlags.foreign)) !== 0;
      if (!nobody && event.producer === producer && event.seq === seq) return { holds: 'itself', from };
      const message = nobody ? {} : { message: `${records.writerOf(event.producer)}#${event.seq}` };
      other ??= { holds: 'another', ...message, from };
    }
  }
  if (other !== undefined) return other;
  if (!records.has('reader')) return { holds: 'none' };
  const read = (await records.reads()).find((each) => each.partition === partition);
  return { holds: read?.complete === true && read.from <= position ? 'nothing' : 'unread' };
}
