import { applyToAll, type Fault } from '../fault.ts';

export const pause: Fault = {
  name: 'pause',
  alsoCalled: ['freeze', 'suspend', 'sigstop', 'hang', 'stall'],
  summary:
    'SIGSTOP: the process stands still with its sockets open, as in a long garbage collection. Healed by SIGCONT.',
  needs: ['pause', 'resume'],
  inject: (targets) => applyToAll(targets, 'pause'),
  heal: (targets) => applyToAll(targets, 'resume'),
};
