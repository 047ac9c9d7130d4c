import { bytesOf, sizeText } from '../../profile/schema/units.ts';
import { direction, pairFault } from './pair.ts';

export const bandwidth = pairFault({
  name: 'bandwidth',
  alsoCalled: ['throttle', 'rate-limit', 'bandwidth-limit', 'slow-link', 'narrow'],
  summary:
    'So many bytes a second pass between the target and `from`, each way, shared by all their connections. Healed by a line as wide as before, which is tried.',
  own: {
    rate: sizeText(1, 1_073_741_824)
      .default('64KiB')
      .describe('bandwidth: bytes that pass each second, each way, such as 64KiB.'),
    direction: direction('bandwidth', 'both'),
  },
  bend: ({ rate }) => ({ do: 'bandwidth', bytesPerSecond: bytesOf(String(rate)) }),
});
