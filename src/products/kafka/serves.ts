/** Whether a Kafka node of ours serves: it answers, and counts itself among the live brokers. */
import type { NodeAddress } from '../cluster.ts';
import type { BrokerAccess } from '../driver.ts';
import { openWire } from './client/wire.ts';

const askMs = 2_000;

/**
 * A broker takes no request before the controller has let it in (BrokerServer.startup waits until it is unfenced), while its
 * port is open long before. So an answer in which it is there itself is the proof.
 */
export async function serves(node: NodeAddress, access: BrokerAccess): Promise<Record<string, unknown> | undefined> {
  const { address, advertised = address } = node;
  if (address === undefined) return undefined;
  const wire = await openWire({ ...access, bootstrap: [address] }, askMs);
  try {
    const { brokers } = await wire.metadata('mqchaos-serves');
    const itself = brokers.find((broker) => broker.address === advertised && `k${broker.id}` === node.id);
    return itself && { address, liveBrokers: brokers.length };
  } catch {
    return undefined; // nobody listens, or nobody answers: not yet, it is asked again
  } finally {
    wire.end();
  }
}
