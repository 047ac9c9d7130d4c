import { direction, pairFault } from './pair.ts';

export const oneWayPartition = pairFault({
  name: 'one-way-partition',
  alsoCalled: ['asymmetric-partition', 'one-way-silence', 'simplex-partition', 'half-partition'],
  summary:
    'What goes one way between the target and `from` does not pass, and the other way does; new connections get no answer, for a handshake needs both. Healed by letting all pass, which is tried.',
  own: { direction: direction('one-way-partition', 'outbound', ['inbound', 'outbound']) },
  bend: () => ({ do: 'silence' }),
});
