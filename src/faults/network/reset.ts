import { pairFault } from './pair.ts';

export const reset = pairFault({
  name: 'reset',
  alsoCalled: ['reset-peer', 'connection-reset', 'tcp-reset', 'rst', 'down'],
  summary:
    'All connections between the target and `from` are reset (RST) at both ends; new ones pass, which is tried. Heals itself.',
  healsItself: true,
  onOpen: true,
  bend: () => ({ do: 'reset' }),
});
