/** What the check of a profile finds that can be done to an attached node. */
import { type ControlName, processControls } from '../../src/cluster/controls.ts';
import type { NodeControl } from '../../src/products/cluster.ts';
import { lackOf, missingWay, waysTo } from '../../src/profile/check/control-ways.ts';

const all: readonly ControlName[] = [
  ...processControls,
  ...(['killAt', 'pauseAt', 'cutPower', 'wipe', 'promote', 'disk', 'disconnect', 'connect'] as const),
];

export function controlsOf(keys: Partial<NodeControl>): ControlName[] {
  const node = { address: 'localhost:1', ...keys };
  const can = (name: ControlName): boolean =>
    waysTo([name]) !== undefined && lackOf([name], node) === undefined && missingWay([name], node) === undefined;
  return all.filter(can).sort();
}
