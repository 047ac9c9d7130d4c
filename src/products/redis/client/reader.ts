/**
 * The independent reader: every stream of a channel from its first entry to the end that the primary reports, with
 * XRANGE, without any consumer group. The end is asked again when it was reached: if it grew the reading goes on. A
 * stream begins at position 0: nothing is trimmed, so that what is not there is not there.
 */
import { messageOf } from '../../../errors.ts';
import { pause, throwIfAborted } from '../../../wait.ts';
import type { BrokerAccess, DeadLetterOptions, IncomingMessage, PartitionRead, ReadOptions } from '../../driver.ts';
import { type Entry, incoming, readEntries } from './entries.ts';
import { deadStreamOf, originFields, partitionIn, streamsOf } from './keys.ts';
import { compareIds, positionAfter } from './position.ts';
import { Servers } from './servers.ts';
import { askStream } from './streams.ts';

const pageEntries = 1_000;
const askMs = 5_000;
/** Without any progress, whatever the reason, a stream is given up. */
const stalledMs = 10_000;
const retryMs = 100;

export async function read(
  access: BrokerAccess,
  { channel, signal }: ReadOptions,
  onMessage: (message: IncomingMessage) => void,
): Promise<PartitionRead[]> {
  using servers = new Servers(access);
  const reads: PartitionRead[] = [];
  for (const stream of streamsOf(channel)) {
    const partition = partitionIn(stream);
    const through = await readStream(servers, stream, signal, (entry) => onMessage(incoming(entry, partition, 1)));
    reads.push({ partition, ...through });
  }
  return reads;
}

/** Dead letters are in one stream for all partitions; each says which it was in, and how often it was delivered. */
export async function readDeadLetters(
  access: BrokerAccess,
  { group, signal }: DeadLetterOptions,
  onMessage: (message: IncomingMessage) => void,
): Promise<PartitionRead[]> {
  using servers = new Servers(access);
  const through = await readStream(servers, deadStreamOf(group), signal, (entry) => {
    const text = (name: string): string => String(entry.fields.get(name) ?? '');
    onMessage(
      incoming(
        { ...entry, id: text(originFields.id) },
        Number(text(originFields.partition)),
        Number(text(originFields.deliveries)),
      ),
    );
  });
  return [through];
}

type Through = Omit<PartitionRead, 'partition'>;

interface Progress {
  lastId: string;
  count: number;
  /** History of the primary that it began with: another server may hold other entries. */
  replid: string | undefined;
}

async function readStream(
  servers: Servers,
  stream: string,
  signal: AbortSignal,
  onEntry: (entry: Entry) => void,
): Promise<Through> {
  const progress: Progress = { lastId: '0-0', count: 0, replid: undefined };
  let movedAtMs = performance.now();
  let reason = 'unfinished';
  while (!signal.aborted && performance.now() - movedAtMs < stalledMs) {
    const before = progress.count;
    try {
      const ended = await readToEnd(servers, stream, signal, progress, onEntry);
      if (ended !== undefined) return { from: 0, to: positionAfter(progress.lastId), ...ended };
      reason = `the end of ${stream} moves on`;
    } catch (error) {
      reason = messageOf(error);
    }
    if (progress.count > before) movedAtMs = performance.now();
    else await pause(retryMs, signal);
  }
  if (signal.aborted) reason = `stopped after entry ${progress.lastId}`;
  return { from: 0, to: positionAfter(progress.lastId), complete: false, reason };
}

/** To where it ended when that was asked, and whether it still does; undefined: it has grown. */
async function readToEnd(
  servers: Servers,
  stream: string,
  signal: AbortSignal,
  progress: Progress,
  onEntry: (entry: Entry) => void,
): Promise<{ readonly complete: boolean; readonly reason?: string } | undefined> {
  const { address, replid } = await servers.primary(signal);
  progress.replid ??= replid;
  if (progress.replid !== replid) return { complete: false, reason: `the primary changed while ${stream} was read` };
  while (true) {
    throwIfAborted(signal);
    const start = progress.count === 0 ? '-' : `(${progress.lastId}`;
    const page = ['XRANGE', stream, start, '+', 'COUNT', pageEntries] as const;
    const entries = readEntries(await servers.askBytes(address, page, askMs, signal));
    for (const entry of entries) onEntry(entry);
    progress.count += entries.length;
    progress.lastId = entries.at(-1)?.id ?? progress.lastId;
    if (entries.length < pageEntries) break;
  }
  const end = await askStream(servers, address, stream, signal);
  if (end === undefined) {
    return progress.count === 0
      ? { complete: true }
      : { complete: false, reason: `${stream} went away while it was read` };
  }
  const after = compareIds(end.lastId, progress.lastId);
  if (after === 0 && end.length === progress.count) return { complete: true };
  if (after > 0 && end.length > progress.count) return undefined;
  return {
    complete: false,
    reason: `${stream} has ${end.length} entries up to ${end.lastId}; read were ${progress.count} up to ${progress.lastId}`,
  };
}
