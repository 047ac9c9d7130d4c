import { durationText, milliseconds } from '../../profile/schema/units.ts';
import { direction, pairFault } from './pair.ts';

export const slowClose = pairFault({
  name: 'slow-close',
  alsoCalled: ['delayed-close', 'late-close'],
  summary:
    'When one end closes a connection between the target and `from`, the other learns of it later, by `delay`. Healed by passing it on at once, and a connection that is tried.',
  own: {
    delay: durationText(0, 600_000).default('5s').describe('slow-close: how much later the other end learns of it.'),
    direction: direction('slow-close', 'both'),
  },
  shownBy: 'was closed',
  bend: ({ delay }) => ({ do: 'slow-close', delayMs: milliseconds(String(delay)) }),
});
