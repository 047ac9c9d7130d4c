/** A cluster of a product, laid out and started as a run does it, in the hands of a test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../src/cluster/cluster.ts';
import type { Controls } from '../../src/cluster/controls.ts';
import { findPrograms } from '../../src/cluster/programs.ts';
import { killMarked } from '../../src/cluster/undo/undo.ts';
import { messageOf } from '../../src/errors.ts';
import { isBroker, type NodeAddress } from '../../src/products/cluster.ts';
import type { BrokerAccess, Driver } from '../../src/products/driver.ts';
import type { Product } from '../../src/products/product.ts';
import { usualCluster } from '../../src/products/registry.ts';
import { addressOf, layOut } from '../../src/run/set-up/brokers.ts';
import { noAbort } from '../../src/wait.ts';

export interface ProductCluster extends AsyncDisposable {
  readonly access: BrokerAccess;
  readonly folder: string;
  /** Ids of the nodes that hold messages. */
  readonly brokers: readonly string[];
  controls(id: string): Controls;
}

/** @param keys of `cluster` in a profile, without `broker`. */
export async function startProduct(
  product: Product,
  keys: Readonly<Record<string, unknown>> = {},
): Promise<ProductCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-product-'));
  const cluster = product.format.compile(product.format.profile.parse({ broker: product.name, ...keys }) as never);
  const driver = await product.driver();
  const specs = await layOut(product, cluster, join(folder, 'nodes'));
  const access = {
    bootstrap: Cluster.bootstrapOf(specs),
    nodes: specs.map(addressOf),
    cluster,
    clientId: 'mqchaos-test',
  };
  const serves = async (spec: NodeAddress): ReturnType<NonNullable<Driver['serves']>> => driver.serves?.(spec, access);
  const end = async (): Promise<void> => {
    await killMarked(folder);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const started = await Cluster.start(specs, folder, () => {}, noAbort, serves);
    return {
      ...{ access, folder },
      brokers: specs.filter(({ role }) => isBroker(role)).map(({ id }) => id),
      controls: (id) => {
        const node = started.nodes.find((each) => each.id === id);
        if (node === undefined) throw new Error(`no node ${id}`);
        return node.controls;
      },
      [Symbol.asyncDispose]: async () => {
        await started[Symbol.asyncDispose]();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/**
 * Why a product cannot be started here; undefined: it can.
 * @throws Error in CI, where everything must be installed.
 */
export async function missingPrograms(product: Product): Promise<string | undefined> {
  if (product.layout === undefined) return 'it is only attached to';
  try {
    await findPrograms(product.programs?.(usualCluster(product)) ?? []);
    return undefined;
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return messageOf(error);
  }
}
