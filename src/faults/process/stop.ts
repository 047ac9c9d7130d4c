import { applyToAll, type Fault } from '../fault.ts';

export const stop: Fault = {
  name: 'stop',
  alsoCalled: ['shutdown', 'shut-down', 'sigterm', 'terminate', 'end'],
  summary: 'SIGTERM: the process ends in its own good order. Healed by starting it again.',
  needs: ['stop', 'start'],
  inject: (targets) => applyToAll(targets, 'stop'),
  heal: (targets) => applyToAll(targets, 'start'),
};
