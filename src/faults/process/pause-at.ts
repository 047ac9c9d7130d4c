import { applyToAll, controlOf, type Fault, onAll } from '../fault.ts';
import { placeParameters } from './place.ts';

const parameters = placeParameters('pause-at', 'it stands still', 'before effect');

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
