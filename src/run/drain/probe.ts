/**
 * The probe: one message to every partition of a channel of its own, and back. It proves that every broker takes and gives
 * messages again; being in another channel it never mixes with what is audited.
 */
import { messageOf } from '../../errors.ts';
import { none16 } from '../../journal/event.ts';
import type { BrokerAccess, IncomingMessage } from '../../products/driver.ts';
import { decodeEnvelope, encodeEnvelope, runTag } from '../../products/envelope.ts';
import { Deadline, pause, untilAborted } from '../../wait.ts';
import type { RunContext } from '../context.ts';

const timeoutMs = 3000;
const againMs = 200;
const lookMs = 20;
const sessionTimeoutMs = 6000;

export interface ProbeResult {
  readonly ok: boolean;
  readonly proof: string;
}

/** Never rejects: what failed is in the proof. Tries for `boundMs`. */
export async function probe(
  context: RunContext,
  access: BrokerAccess,
  boundMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  using bound = new Deadline(boundMs, signal);
  const places = placesOf(context);
  const count = places.length;
  const of = context.probeChannel.partitions === undefined ? 'probes' : 'partitions';
  try {
    const acked = await sendProbes(context, access, places, bound.signal);
    if (acked.size < count) return { ok: false, proof: `${acked.size} of ${count} ${of} took the probe` };
    const back = await probesBack(context, access, acked.size, bound.signal);
    const ok = back.size === count;
    return { ok, proof: `probe went round in ${back.size} of ${count} ${of}` };
  } catch (error) {
    return { ok: false, proof: `probe failed: ${messageOf(error)}` };
  }
}

/** Where the probe goes: each partition, or the channel as a whole. */
function placesOf({ probeChannel: { partitions } }: RunContext): (number | undefined)[] {
  return partitions === undefined ? [undefined] : Array.from({ length: partitions }, (_, partition) => partition);
}

/** Sequence numbers of those that were acknowledged: one a place. */
async function sendProbes(
  context: RunContext,
  access: BrokerAccess,
  places: readonly (number | undefined)[],
  signal: AbortSignal,
): Promise<Set<number>> {
  await using client = await context.driver.producer(access, {
    ...{ channel: context.probeChannel, acks: 'all', oneway: false, idempotent: false, timeoutMs, signal },
  });
  const acked = new Set<number>();
  for (let attempt = 1; acked.size < places.length && !signal.aborted; attempt += 1) {
    for (const [seq, partition] of places.entries()) {
      if (acked.has(seq) || signal.aborted) continue;
      const identity = { producer: 0, seq, attempt, sentAtNs: context.clock() };
      const value = encodeEnvelope(
        runTag(context.id),
        { ...identity, partition: partition ?? none16 },
        new Uint8Array(0),
      );
      const { outcome } = await client.send({ ...identity, ...(partition === undefined ? {} : { partition }), value });
      if (outcome === 'acked' || outcome === 'degraded') acked.add(seq);
    }
    if (acked.size < places.length) await pause(againMs, signal);
  }
  return acked;
}

/** By the independent reader; where there is none, by a consumer of the probe's own group. */
async function probesBack(
  context: RunContext,
  access: BrokerAccess,
  wanted: number,
  signal: AbortSignal,
): Promise<Set<number>> {
  const back = new Set<number>();
  const take = ({ value }: IncomingMessage): void => {
    const envelope = decodeEnvelope(value, runTag(context.id));
    if (envelope?.ours === true && envelope.bodyGood) back.add(envelope.seq);
  };
  const { driver, probeChannel: channel, readerGroup } = context;
  if (driver.read !== undefined) {
    await driver.read(access, { channel, group: `${readerGroup}-probe`, signal }, take);
    return back;
  }
  await using consumer = await driver.consumer(access, {
    ...{ channel, group: channel.groups[0] as string, sessionTimeoutMs, settleOnDelivery: false, signal },
  });
  const started = consumer.start({
    batch: async (batch) => {
      for (const message of batch.messages) take(message);
      await batch.settle(batch.messages);
    },
    assigned: () => {},
    revoked: () => {},
    failed: () => {},
  });
  await Promise.race([started, untilAborted(signal)]);
  while (back.size < wanted && !signal.aborted) await pause(lookMs, signal);
  return back;
}
