import { z } from 'zod';
import type { Evidence } from '../../cluster/controls.ts';
import { stream } from '../../plan/random.ts';
import { flag } from '../../profile/schema/units.ts';
import { applyToAll, controlOf, type Deed, type Fault, onAll } from '../fault.ts';

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
    'The power goes, of all targets at once: the processes are gone, and so is what they had written and not synced. Healed by starting them again.',
  needs: ['kill', 'cutPower', 'start'],
  parameters,
  asks: (given) => (parameters.parse(given).torn ? { torn: true } : undefined),
  inject: async (targets, deed) => {
    const { torn } = parameters.parse(deed.parameters);
    // no disk loses anything before all are dead: one that runs on could copy from another what that has lost by then
    const killed = await onAll(targets, (target) => controlOf(target, 'kill')());
    return onAll(targets, async (target) => ({
      cutPower: {
        ...without(killed.find((evidence) => evidence.target === target.id)),
        ...(await controlOf(target, 'cutPower')(torn ? tornPlace(deed, target.id) : undefined)),
      },
    }));
  },
  heal: (targets) => applyToAll(targets, 'start'),
};

function without({ target: _, ...evidence }: Evidence = {}): Evidence {
  return evidence;
}

/** Each target of each deed is torn at a place of its own. */
function tornPlace({ id, seed }: Deed, target: string): number {
  return stream(seed, `${id}/torn/${target}`).int(2 ** 32);
}
