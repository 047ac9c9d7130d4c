import { expect, test } from 'vitest';
import { bundled } from '../../src/drivers/bundled.ts';
import {
  consumerNames,
  groupOfConsumer,
  masterNames,
  nameServer,
  nodeCount,
  producerNames,
  slaveNames,
} from '../../src/profile/names.ts';
import { settings } from '../support/settings.ts';

test('the nodes of the bundled broker have the names that profiles aim at', () => {
  let port = 20_000;
  const nodes = bundled.layout?.({
    settings: settings({ masters: 3, slaves: 2 }),
    folder: '/nodes',
    port: () => port++,
  });
  expect(nodes?.map(({ id }) => id)).toEqual([nameServer, ...masterNames(3), ...slaveNames(3, 2)]);
  expect(nodes).toHaveLength(nodeCount({ masters: 3, slaves: 2 }));
  expect(slaveNames(2, 2)).toEqual(['b1s1', 'b1s2', 'b2s1', 'b2s2']);
});

test('workers are numbered from 1, consumers through all groups', () => {
  expect(producerNames(2)).toEqual(['p1', 'p2']);
  expect(consumerNames(2, 2)).toEqual(['c1', 'c2', 'c3', 'c4']);
  expect(consumerNames(2, 2).map((_, index) => groupOfConsumer(index, 2))).toEqual([0, 0, 1, 1]);
});
