import { applyToAll, controlOf, type Fault, onAll } from '../fault.ts';
import { placeParameters } from './place.ts';

const parameters = placeParameters('kill-at', 'it dies', 'after effect');

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
