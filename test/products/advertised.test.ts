/** Behind links every broker that a run starts tells its clients the address of its link, and listens at its own. */
import { expect, test } from 'vitest';
import { isBroker } from '../../src/products/cluster.ts';
import { products } from '../../src/products/registry.ts';

test.each(products)('$name', (product) => {
  const cluster = product.format.compile(product.format.profile.parse({ broker: product.name }) as never);
  let next = 20_000;
  const port = (): number => ++next;
  const links = new Map<string, string[]>();
  const specs = product.layout?.({
    ...{ cluster, folder: '/nodes', programs: {}, port },
    advertise: (node, target, { host } = {}) => {
      const listen = host === undefined ? `127.0.0.1:${port()}` : target.replace(/^[^:]*/, host);
      links.set(node, [...(links.get(node) ?? []), target]);
      return listen;
    },
  });
  const brokers = specs?.filter(({ role }) => isBroker(role)) ?? [];
  expect(brokers.length).toBeGreaterThan(0);
  for (const { id, address, advertised } of brokers) {
    expect(links.get(id), id).toContain(address);
    expect(advertised, id).toMatch(/^127\.0\.0\.\d:\d+$/);
    expect(advertised, id).not.toBe(address);
  }
  const plain = product.layout?.({ cluster, folder: '/nodes', programs: {}, port }) ?? [];
  expect(plain.every(({ advertised }) => advertised === undefined)).toBe(true);
});
