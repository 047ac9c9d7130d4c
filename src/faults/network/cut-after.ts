import { bytesOf, sizeText } from '../../profile/schema/units.ts';
import { countOf, direction, pairFault } from './pair.ts';

export const cutAfter = pairFault({
  name: 'cut-after',
  alsoCalled: ['limit-data', 'limit', 'truncate', 'cut'],
  summary:
    'Each connection between the target and `from` is cut once `size` bytes have gone through it: whoever sends gets a reset, whoever receives exactly those bytes and then an end. Healed by letting all pass, which is tried.',
  own: {
    size: sizeText(0, 1_073_741_824)
      .default('64KiB')
      .describe('cut-after: bytes that pass each connection from the moment of the fault, each way.'),
    direction: direction('cut-after', 'inbound'),
  },
  missed: (evidence) => (countOf(evidence, 'cut') === 0 ? 'no connection carried so many bytes' : undefined),
  bend: ({ size }) => ({ do: 'cut-after', bytes: bytesOf(String(size)) }),
});
