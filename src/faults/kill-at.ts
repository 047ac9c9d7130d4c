import { z } from 'zod';
import { points } from '../effects/points.ts';
import { choice, whole } from '../profile/units.ts';
import { applyToAll, controlOf, type Fault, onAll } from './fault.ts';

const parameters = z.strictObject({
  point: choice(points)
    .default('after effect')
    .describe(`kill-at: where it dies. ${points.join(', ')}.`),
  count: whole(1, 1_000_000)
    .default(1)
    .describe('kill-at: at its so many-th visit of the point, counted by each target from the moment of the fault.'),
});

export const killAt: Fault = {
  name: 'kill-at',
  summary: 'SIGKILL of a consumer at a named point of its processing, by count. Healed by starting it again.',
  needs: ['killAt', 'start'],
  parameters,
  inject: (targets, deed) => {
    const stop = parameters.parse(deed.parameters);
    return onAll(targets, async (target) => ({ killAt: await controlOf(target, 'killAt')(stop) }));
  },
  heal: (targets) => applyToAll(targets, 'start'),
};
