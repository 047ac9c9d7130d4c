import { pairFault } from './pair.ts';

export const partition = pairFault({
  name: 'partition',
  alsoCalled: ['network-partition', 'blackhole', 'netsplit', 'split', 'isolate', 'disconnect', 'timeout', 'drop'],
  summary:
    'Nothing passes between the target and `from`, either way: connections stay open and silent, and new ones get no answer. Healed by letting all pass, which is tried.',
  bend: () => ({ do: 'silence' }),
});
