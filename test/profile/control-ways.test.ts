import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defects as brokerDefects } from '../../src/broker/defects/registry.ts';
import { AttachedNode } from '../../src/cluster/attached-node.ts';
import type { Controls } from '../../src/cluster/controls.ts';
import type { Links } from '../../src/cluster/links/links.ts';
import { LocalNode } from '../../src/cluster/local-node.ts';
import { Ledger } from '../../src/cluster/undo/ledger.ts';
import { ledgerFile } from '../../src/cluster/undo/ledger-file.ts';
import { layout } from '../../src/products/bundled/layout.ts';
import { bundledNodes } from '../../src/products/bundled/nodes.ts';
import { defects } from '../../src/products/bundled/settings.ts';
import { missingWay } from '../../src/profile/check/control-ways.ts';
import { settings } from '../support/settings.ts';
import { written } from './written.ts';

const keys = ['pidFile', 'kill', 'stop', 'start'] as const;
const controls: readonly (keyof Controls)[] = ['kill', 'stop', 'start', 'pause', 'resume'];

/** Every choice of keys, as bits. */
const choices = Array.from({ length: 2 ** keys.length }, (_, bits) => keys.filter((_, i) => (bits >> i) & 1));

test('a control that the check of a profile finds is one that an attached node has', () => {
  using ledger = new Ledger(join(written({}), ledgerFile));
  for (const given of choices) {
    const control = { id: 'n1', address: 'localhost:1', ...Object.fromEntries(given.map((key) => [key, 'x'])) };
    const node = new AttachedNode(control, ledger, () => {});
    const found = controls.filter((name) => missingWay([name], control) === undefined);
    expect(found, given.join()).toEqual(controls.filter((name) => node.controls[name] !== undefined));
  }
});

test('a control that the check of a profile takes for granted is one that a node of ours has', () => {
  const cluster = settings({ slaves: 1 });
  const obeys = async () => ({});
  const links = {
    control: () => obeys,
    wire: (node: string) => (node === 'ns' ? undefined : obeys),
  } as unknown as Links;
  const nodes = layout({ cluster, folder: '/nodes', programs: {}, port: () => 1 }).map((spec) => ({
    ...spec,
    links: [],
  }));
  expect(nodes).toHaveLength(5);
  for (const spec of nodes) {
    const { controls } = new LocalNode(spec, 'run', () => {}, undefined, links);
    const face = bundledNodes(cluster).find(({ id }) => id === spec.id);
    expect(Object.keys(controls).sort(), spec.id).toEqual([...(face?.controls ?? [])].sort());
  }
});

test('a profile knows the defects that the broker has', () => {
  expect([...defects].sort()).toEqual(brokerDefects.map(({ name }) => name).sort());
});
