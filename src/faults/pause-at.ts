import { z } from 'zod';
import { points } from '../effects/points.ts';
import { choice, whole } from '../profile/units.ts';
import { applyToAll, controlOf, type Fault, onAll } from './fault.ts';

const parameters = z.strictObject({
  point: choice(points)
    .default('before effect')
    .describe(`pause-at: where it stands still. ${points.join(', ')}.`),
  count: whole(1, 1_000_000)
    .default(1)
    .describe('pause-at: at its so many-th visit of the point, counted by each target from the moment of the fault.'),
});

export const pauseAt: Fault = {
  name: 'pause-at',
  summary: 'SIGSTOP of a consumer at a named point of its processing, by count. Healed by SIGCONT.',
  needs: ['pauseAt', 'resume'],
  parameters,
  inject: (targets, deed) => {
    const stop = parameters.parse(deed.parameters);
    return onAll(targets, async (target) => ({ pauseAt: await controlOf(target, 'pauseAt')(stop) }));
  },
  heal: (targets) => applyToAll(targets, 'resume'),
};
