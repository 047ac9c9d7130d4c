import { z } from 'zod';
import { stream } from '../plan/random.ts';
import { flag } from '../profile/units.ts';
import { applyToAll, controlOf, type Deed, type Fault, onAll } from './fault.ts';

const parameters = z.strictObject({
  torn: flag()
    .default(false)
    .describe(
      'power-loss: true cuts inside what was written since the last sync, at a place that the seed decides; false at the last sync.',
    ),
});

export const powerLoss: Fault = {
  name: 'power-loss',
  alsoCalled: ['power-cut', 'powercut', 'power-off', 'poweroff', 'power-failure', 'blackout'],
  summary:
    'The power goes: the process is gone, and so is what it had written and not synced. Healed by starting it again.',
  needs: ['cutPower', 'start'],
  parameters,
  inject: (targets, deed) => {
    const { torn } = parameters.parse(deed.parameters);
    return onAll(targets, async (target) => ({
      cutPower: await controlOf(target, 'cutPower')(torn ? tornPlace(deed, target.id) : undefined),
    }));
  },
  heal: (targets) => applyToAll(targets, 'start'),
};

/** Each target of each deed is torn at a place of its own. */
function tornPlace({ id, seed }: Deed, target: string): number {
  return stream(seed, `${id}/torn/${target}`).int(2 ** 32);
}
