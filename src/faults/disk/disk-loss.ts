import { applyToAll, type Fault } from '../fault.ts';

export const diskLoss: Fault = {
  name: 'disk-loss',
  alsoCalled: ['wipe', 'data-loss', 'lose-disk', 'disk-wipe'],
  summary: 'The process is gone with everything that it kept on its disk. Healed by starting it on an empty one.',
  needs: ['wipe', 'start'],
  inject: (targets) => applyToAll(targets, 'wipe'),
  heal: (targets) => applyToAll(targets, 'start'),
};
