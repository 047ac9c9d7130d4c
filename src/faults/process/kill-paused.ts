import { z } from 'zod';
import { durationText, milliseconds } from '../../profile/schema/units.ts';
import { pause as wait } from '../../wait.ts';
import { applyToAll, controlOf, type Fault, onAll } from '../fault.ts';

const parameters = z.strictObject({
  standstill: durationText(1, 60_000).default('300ms').describe('kill-paused: how long it stands still first.'),
});

export const killPaused: Fault = {
  name: 'kill-paused',
  summary:
    'SIGSTOP, and SIGKILL while it stands still: what clients sent meanwhile waited in its sockets and was never read. ' +
    'Healed by starting it again.',
  needs: ['pause', 'kill', 'start'],
  parameters,
  inject: (targets, deed) => {
    const standstillMs = milliseconds(parameters.parse(deed.parameters).standstill);
    return onAll(targets, async (target) => {
      const pause = await controlOf(target, 'pause')();
      await wait(standstillMs, deed.signal);
      try {
        return { pause, kill: await controlOf(target, 'kill')() };
      } catch (error) {
        // The heal starts what is gone and nothing else. Whatever can be paused can be resumed.
        await controlOf(target, 'resume')();
        throw error;
      }
    });
  },
  heal: (targets) => applyToAll(targets, 'start'),
};
