import { pairFault } from './pair.ts';

export const reset = pairFault({
  name: 'reset',
  alsoCalled: ['reset-peer', 'connection-reset', 'tcp-reset', 'rst', 'down'],
  summary:
    'All connections between the target and `from` are reset (RST) at both ends; new ones pass. Heals itself, which is tried.',
  healsItself: true,
  bend: () => ({ do: 'reset' }),
});
