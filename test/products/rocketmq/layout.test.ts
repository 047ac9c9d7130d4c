/** Where links stand before the brokers of a set, and how a slave learns of the one before its master. */
import { expect, test } from 'vitest';
import { layout } from '../../../src/products/rocketmq/layout.ts';
import { rocketmqPlan, rocketmqSchema } from '../../../src/products/rocketmq/settings.ts';

const linkPort = 30_000;

function layOut(keys: Record<string, unknown>, linked = true) {
  let port = 20_000;
  const links = new Map<string, string>();
  const specs = layout({
    cluster: rocketmqPlan(rocketmqSchema.parse({ broker: 'rocketmq', ...keys })),
    folder: '/nodes',
    programs: {},
    port: () => ++port,
    ...(linked
      ? {
          advertise: (node, target, { part = 'clients', host } = {}) => {
            const at = host === undefined ? `127.0.0.1:${linkPort + links.size}` : target.replace(/^[^:]*/, host);
            links.set(`${node}/${part}`, at);
            return at;
          },
        }
      : {}),
  });
  const configuration = (id: string) => specs.find((spec) => spec.id === id)?.files?.[0]?.text ?? '';
  return { specs, links, configuration };
}

const sets = { masters: 2, slaves: 1, replication: 'sync', inSyncReplicas: 2 };

test('a slave copies through the link before its own master, and is told so by whoever waits for it', () => {
  const { specs, links, configuration } = layOut(sets);
  for (const set of ['b1', 'b2']) {
    const link = links.get(`${set}/replication`);
    expect(link).toMatch(/^127\.0\.0\.1:3\d{4}$/);
    expect(configuration(`${set}s1`)).toContain(`\nhaMasterAddress=${link}\n`);
    expect(specs.find(({ id }) => id === `${set}s1`)?.addresses).toEqual({ source: link });
    expect(configuration(set)).not.toContain('haMasterAddress');
  }
  expect([...links.keys()].filter((name) => name.endsWith('/replication'))).toHaveLength(2);
});

test('without links, or with a controller, it copies from where the name server says', () => {
  for (const { configuration, links } of [layOut(sets, false), layOut({ ...sets, controller: true })]) {
    expect(configuration('b1s1')).not.toContain('haMasterAddress');
    expect([...links.keys()].filter((name) => name.endsWith('/replication'))).toEqual([]);
  }
});
