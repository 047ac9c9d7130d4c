import { applyToAll, type Fault } from '../fault.ts';

export const promote: Fault = {
  name: 'promote',
  alsoCalled: ['failover', 'switchover', 'elect'],
  summary:
    'The operator makes a slave the leader of its set, whatever it has: what it lacks is given up. Heals itself.',
  needs: ['promote'],
  inject: (targets) => applyToAll(targets, 'promote'),
};
