import { applyToAll, type Fault } from '../fault.ts';

export const kill: Fault = {
  name: 'kill',
  alsoCalled: ['crash', 'sigkill', 'kill-9', 'destroy', 'die'],
  summary: 'SIGKILL: the process is gone at once, what it had in the page cache stays. Healed by starting it again.',
  needs: ['kill', 'start'],
  inject: (targets) => applyToAll(targets, 'kill'),
  heal: (targets) => applyToAll(targets, 'start'),
};
