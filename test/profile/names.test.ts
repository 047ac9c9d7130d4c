import { expect, test } from 'vitest';
import { layout } from '../../src/products/bundled/layout.ts';
import { bundledNodes } from '../../src/products/bundled/nodes.ts';
import { consumerNames, groupOfConsumer, producerNames } from '../../src/profile/names.ts';
import { settings } from '../support/settings.ts';

test('the nodes of the bundled broker have the names that profiles aim at', () => {
  let port = 20_000;
  const cluster = settings({ masters: 2, slaves: 2 });
  const nodes = layout({ cluster, folder: '/nodes', programs: {}, port: () => port++ });
  expect(nodes.map(({ id, role }) => ({ id, role }))).toEqual(
    bundledNodes(cluster).map(({ id, role }) => ({ id, role })),
  );
  expect(nodes.map(({ id }) => id)).toEqual(['ns', 'b1', 'b2', 'b1s1', 'b1s2', 'b2s1', 'b2s2']);
});

test('workers are numbered from 1, consumers through all groups', () => {
  expect(producerNames(2)).toEqual(['p1', 'p2']);
  expect(consumerNames(2, 2)).toEqual(['c1', 'c2', 'c3', 'c4']);
  expect(consumerNames(2, 2).map((_, index) => groupOfConsumer(index, 2))).toEqual([0, 0, 1, 1]);
});
