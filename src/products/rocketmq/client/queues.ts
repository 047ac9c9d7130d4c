/** Which queue of which set of brokers a partition is: the queues of the first set first, then those of the next. */

export interface Queue {
  /** Name of the set: a master and its slaves (RocketMQ's `brokerName`). */
  readonly set: string;
  readonly queue: number;
}

/** How many queues each set has, in the order of the sets; the first ones have one more where it does not come out even. */
export interface Share {
  readonly set: string;
  readonly queues: number;
}

export function shares(partitions: number, sets: readonly string[]): Share[] {
  const least = Math.floor(partitions / sets.length);
  const more = partitions % sets.length;
  return sets.map((set, index) => ({ set, queues: least + (index < more ? 1 : 0) }));
}

/** By partition. */
export function queuesOf(all: readonly Share[]): Queue[] {
  return all.flatMap(({ set, queues }) => Array.from({ length: queues }, (_, queue) => ({ set, queue })));
}

/** As RocketMQ itself writes the queues of an ordered topic: `b1:4;b2:4`. */
export function writeShares(all: readonly Share[]): string {
  return all.map(({ set, queues }) => `${set}:${queues}`).join(';');
}

export function readShares(text: string): Share[] {
  return text.split(';').flatMap((part) => {
    const colon = part.lastIndexOf(':');
    const queues = Number(part.slice(colon + 1));
    return colon > 0 && Number.isInteger(queues) ? [{ set: part.slice(0, colon), queues }] : [];
  });
}
