/** The products: the only list of them. Their drivers are loaded when used: a run pays for one client library only. */
import { ToolError } from '../errors.ts';
import { didYouMean, usualWordsOf } from '../suggest.ts';
import { bundled } from './bundled/product.ts';
import { type ClusterPlan, type ClusterSettings, isBroker, type NodeAddress } from './cluster.ts';
import type { Driver } from './driver.ts';
import { kafka } from './kafka/product.ts';
import { nats } from './nats/product.ts';
import type { NodeFace, Product, WireFace } from './product.ts';
import { rabbitmq } from './rabbitmq/product.ts';
import { redis } from './redis/product.ts';
import { rocketmq } from './rocketmq/product.ts';
import { volumeOf } from './volume.ts';

export const products: readonly Product[] = [bundled, kafka, rocketmq, rabbitmq, nats, redis];

/** What they are called elsewhere. */
export const brokerWords = usualWordsOf(products);

/** The broker that comes with mqchaos, which `mqchaos broker` starts on its own. */
export const included = bundled;

/** A cluster of the product with all its defaults, as a plan has it. */
export function usualCluster({ name, format }: Product): ClusterPlan {
  // what a product's schema parses is what its own functions take
  return format.compile(format.profile.parse({ broker: name }) as never);
}

/** The product of that name. @throws ToolError `unknown-broker` (exit 2). */
export function productOf(name: string): Product {
  const found = products.find((product) => product.name === name);
  if (found !== undefined) return found;
  const names = products.map((product) => product.name);
  throw new ToolError(`there is no broker '${name}'${didYouMean(name, names, brokerWords)}`, {
    code: 'unknown-broker',
    hint: `one of: ${names.join(', ')}`,
  });
}

/** The nodes that faults may aim at: those that the run starts, or those of an attached cluster that there is a way to. */
export function nodesOf(cluster: ClusterSettings): readonly NodeFace[] {
  const product = productOf(cluster.broker);
  if (cluster.attach === undefined) return withVolumes(product.nodes(cluster), cluster);
  const { attached } = product.can;
  return (cluster.control ?? []).map(({ id }) => ({ id, role: 'node', controls: attached }));
}

/** What a volume adds to what can be done to the nodes that hold messages. */
function withVolumes(nodes: readonly NodeFace[], cluster: ClusterSettings): readonly NodeFace[] {
  if (volumeOf(cluster) === undefined) return nodes;
  return nodes.map((node) => {
    if (!isBroker(node.role)) return node;
    return { ...node, controls: [...new Set([...node.controls, 'cutPower', 'disk', 'damage'] as const)] };
  });
}

/** What is known of the nodes of an attached cluster. */
export function attachedNodes({ control = [] }: ClusterSettings): NodeAddress[] {
  return control.map(({ id, address }) => ({ id, role: 'node', address }));
}

export function loadDriver(name: string): Promise<Driver> {
  return productOf(name).driver();
}

/** Protocols that links read, each once. */
export function protocolNames(): string[] {
  return [...new Set(products.flatMap(({ wire }) => wire?.protocol ?? []))];
}

/** What links can read of a protocol of that name; undefined: there is none. */
export function wireFace(protocol: string): WireFace | undefined {
  return products.find(({ wire }) => wire?.protocol === protocol)?.wire;
}
