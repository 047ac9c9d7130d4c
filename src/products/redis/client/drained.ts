/** Whether a group has settled all that the primary holds of a channel: nothing is pending, and all was delivered. */
import { counted } from '../../../counted.ts';
import type { DrainAnswer, Leader } from '../../driver.ts';
import { streamOf } from './keys.ts';
import { compareIds } from './position.ts';
import type { Servers } from './servers.ts';
import { askGroup, askStream } from './streams.ts';

/** Rejects when the primary does not answer. */
export async function askDrained(
  servers: Servers,
  partitions: readonly Leader[],
  { channel, group }: { readonly channel: string; readonly group: string },
  signal: AbortSignal,
): Promise<DrainAnswer> {
  if (partitions.length === 0) return { proven: false, proof: `there is no stream of ${channel}` };
  const open: string[] = [];
  let left = 0;
  for (const { partition, address } of partitions) {
    const stream = streamOf(channel, partition);
    // The group first: what is added in between can only turn the answer into "not yet".
    const read = await askGroup(servers, address, { stream, group }, signal);
    const end = await askStream(servers, address, stream, signal);
    if (read === undefined || end === undefined) {
      open.push(`partition ${partition}: there is no group ${group}`);
      continue;
    }
    const through = compareIds(read.deliveredId, end.lastId) >= 0;
    left += read.pending + (read.lag ?? 0);
    if (through && read.pending === 0) continue;
    const lag = read.lag === undefined ? '' : ` (${read.lag} to come)`;
    const behind = through ? '' : `, delivered up to ${read.deliveredId} of ${end.lastId}${lag}`;
    open.push(`partition ${partition}: ${read.pending} pending${behind}`);
  }
  if (open.length > 0) return { proven: false, proof: open.join(', '), left };
  const all = `${partitions.length} of ${counted(partitions.length, 'partition')}`;
  return { proven: true, left, proof: `nothing pending, delivered = end in ${all}` };
}
