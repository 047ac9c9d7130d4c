import { applyToAll, type Fault } from '../fault.ts';

export const restart: Fault = {
  name: 'restart',
  alsoCalled: ['reboot', 'bounce'],
  summary: 'SIGTERM and an immediate start: the window lasts as long as the restart takes. Heals itself.',
  needs: ['stop', 'start'],
  inject: (targets) => applyToAll(targets, 'stop', 'start'),
};
