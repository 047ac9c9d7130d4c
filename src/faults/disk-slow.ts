import { z } from 'zod';
import { durationText, milliseconds } from '../profile/units.ts';
import { controlOf, type Fault, onAll } from './fault.ts';

const parameters = z.strictObject({
  delay: durationText(1, 60_000).default('500ms').describe('disk-slow: what every sync takes longer.'),
});

export const diskSlow: Fault = {
  name: 'disk-slow',
  alsoCalled: ['disk-latency', 'slow-disk'],
  summary: 'Every sync of the node takes longer, by `delay`. Healed by a disk of the old speed.',
  needs: ['disk'],
  parameters,
  inject: (targets, deed) => {
    const syncDelayMs = milliseconds(parameters.parse(deed.parameters).delay);
    return onAll(targets, async (target) => ({ disk: await controlOf(target, 'disk')({ syncDelayMs }) }));
  },
  heal: (targets) => onAll(targets, async (target) => ({ disk: await controlOf(target, 'disk')(null) })),
};
