import { z } from 'zod';
import type { DiskRule } from '../../cluster/controls.ts';
import { durationText, milliseconds } from '../../profile/schema/units.ts';
import { controlOf, type Fault, onAll } from '../fault.ts';
import { requestParameters, requestsOf } from './disk-rule.ts';

const parameters = z.strictObject({
  delay: durationText(1, 60_000).default('500ms').describe('disk-slow: what each of them takes longer.'),
  ...requestParameters('disk-slow', 'is slow', ['sync']),
});

export const diskSlow: Fault = {
  name: 'disk-slow',
  alsoCalled: ['disk-latency', 'slow-disk'],
  summary: 'Every sync of the node takes longer, by `delay`, or what `on` says. Healed by a disk of the old speed.',
  needs: ['disk'],
  parameters,
  asks: (given) => ({ rule: ruleOf(given) }),
  inject: (targets, deed) =>
    onAll(targets, async (target) => ({ disk: await controlOf(target, 'disk')(ruleOf(deed.parameters)) })),
  heal: (targets) => onAll(targets, async (target) => ({ disk: await controlOf(target, 'disk')(null) })),
};

function ruleOf(given: Readonly<Record<string, unknown>>): DiskRule {
  const { delay, ...requests } = parameters.parse(given);
  return { delayMs: milliseconds(delay), ...requestsOf(requests) };
}
