/** Kafka nodes of ours for tests, laid out by the product and run by the cluster as in a run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../../src/cluster/cluster.ts';
import type { NodeSpec } from '../../../src/cluster/node-spec.ts';
import { freePorts } from '../../../src/cluster/ports.ts';
import { findPrograms } from '../../../src/cluster/programs.ts';
import type { BrokerAccess } from '../../../src/products/driver.ts';
import { driver } from '../../../src/products/kafka/driver.ts';
import { kafka } from '../../../src/products/kafka/product.ts';
import type { KafkaPlan } from '../../../src/products/kafka/settings.ts';
import { noAbort } from '../../../src/wait.ts';
import { kafkaHome } from '../../support/kafka.ts';

export interface OwnKafka extends AsyncDisposable {
  readonly folder: string;
  readonly specs: readonly NodeSpec[];
  readonly access: BrokerAccess;
  /** States of nodes as they were told, `k1 ready`. */
  readonly states: readonly string[];
  start(): Promise<Cluster>;
}

/** What the keys of a profile make of a plan. */
export function kafkaPlanOf(keys: Readonly<Record<string, unknown>> = {}): KafkaPlan {
  return kafka.format.compile(kafka.format.profile.parse({ broker: 'kafka', ...keys }) as never);
}

/** Laid out, not yet started. */
export async function ownKafka(
  keys: Readonly<Record<string, unknown>> = {},
  change: (spec: NodeSpec) => NodeSpec = (spec) => spec,
): Promise<OwnKafka> {
  const plan = kafkaPlanOf({ home: kafkaHome, ...keys });
  const ports = await freePorts(18);
  const programs = await findPrograms(kafka.programs?.(plan) ?? []);
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-own-kafka-'));
  const specs = (kafka.layout?.({ cluster: plan, folder, port: () => ports.shift() ?? 0, programs }) ?? []).map(change);
  const bootstrap = specs.flatMap(({ address }) => address ?? []);
  const access = { bootstrap, nodes: specs, cluster: plan, clientId: 'test' };
  const states: string[] = [];
  let cluster: Cluster | undefined;
  return {
    folder,
    specs,
    access,
    states,
    start: async () => {
      cluster = await Cluster.start(
        specs,
        folder,
        (_, id, state) => states.push(`${id} ${state}`),
        noAbort,
        async (node) => driver.serves?.(node, access),
      );
      return cluster;
    },
    [Symbol.asyncDispose]: async () => {
      await cluster?.[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}
