/**
 * The probe: one message to every partition of a topic of its own, and back. It proves that every broker takes and
 * gives messages again; being in another topic it never mixes with what is audited.
 */
import type { BrokerAccess } from '../drivers/driver.ts';
import { decodeEnvelope, encodeEnvelope, runTag } from '../drivers/envelope.ts';
import { messageOf } from '../errors.ts';
import { pause } from '../wait.ts';
import type { RunContext } from './context.ts';

const timeoutMs = 3000;
const againMs = 200;

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
  const end = performance.now() + boundMs;
  const { partitions } = context.plan.topic;
  try {
    const acked = await sendProbes(context, access, end, signal);
    if (acked.size < partitions)
      return { ok: false, proof: `${acked.size} of ${partitions} partitions took the probe` };
    const back = await readProbes(context, access, signal);
    const ok = back.size === partitions;
    return { ok, proof: `probe went round in ${back.size} of ${partitions} partitions` };
  } catch (error) {
    return { ok: false, proof: `probe failed: ${messageOf(error)}` };
  }
}

async function sendProbes(
  context: RunContext,
  access: BrokerAccess,
  endMs: number,
  signal: AbortSignal,
): Promise<Set<number>> {
  const { partitions } = context.plan.topic;
  await using client = await context.driver.producer(access, {
    topic: context.probeTopic,
    acks: 'all',
    oneway: false,
    idempotent: false,
    timeoutMs,
    signal,
  });
  const acked = new Set<number>();
  for (let attempt = 1; acked.size < partitions && performance.now() < endMs && !signal.aborted; attempt += 1) {
    for (let partition = 0; partition < partitions; partition += 1) {
      if (acked.has(partition)) continue;
      const identity = { producer: 0, seq: partition, attempt, partition, sentAtNs: context.clock() };
      const value = encodeEnvelope(runTag(context.id), identity, new Uint8Array(0));
      const { outcome } = await client.send({ ...identity, value });
      if (outcome === 'acked') acked.add(partition);
    }
    if (acked.size < partitions) await pause(againMs, signal);
  }
  return acked;
}

async function readProbes(context: RunContext, access: BrokerAccess, signal: AbortSignal): Promise<Set<number>> {
  const back = new Set<number>();
  const options = { topic: context.probeTopic, group: `${context.readerGroup}-probe`, signal };
  await context.driver.read?.(access, options, (message) => {
    const envelope = decodeEnvelope(message.value, runTag(context.id));
    if (envelope?.ours === true && envelope.bodyGood) back.add(message.partition);
  });
  return back;
}
