import { applyToAll, type Fault } from '../fault.ts';

export const networkDisconnect: Fault = {
  name: 'network-disconnect',
  alsoCalled: ['network-cut', 'unplug', 'net-split', 'isolate'],
  summary:
    'The container is taken from all of its networks and goes on running. Healed by putting it back, with its ' +
    'addresses, names and ports.',
  needs: ['disconnect', 'connect'],
  inject: (targets) => applyToAll(targets, 'disconnect'),
  heal: (targets) => applyToAll(targets, 'connect'),
};
