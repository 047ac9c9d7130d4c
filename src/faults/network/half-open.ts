import { choice } from '../../profile/schema/units.ts';
import { pairFault } from './pair.ts';

export const halfOpen = pairFault({
  name: 'half-open',
  alsoCalled: ['half-open-connection', 'dead-peer', 'stale-connection', 'nat-timeout', 'zombie-connection'],
  summary:
    'One end of the open connections between the target and `from` is gone, and the other is not told: what it sends goes nowhere. New connections pass. Healed by resetting what is left, and a connection that is tried.',
  own: {
    gone: choice(['target', 'other'])
      .default('target')
      .describe('half-open: which end is gone, the target or the other. Default: target.'),
  },
  onOpen: true,
  bend: ({ gone }) => ({ do: 'half-open', gone: gone === 'target' ? 'node' : 'client' }),
});
