import { durationText, milliseconds } from '../../profile/schema/units.ts';
import { direction, pairFault } from './pair.ts';

export const latency = pairFault({
  name: 'latency',
  alsoCalled: ['delay', 'network-delay', 'network-latency', 'slow-network', 'lag', 'jitter'],
  summary:
    'Everything between the target and `from` arrives later, by `delay` and up to `jitter` more or less, in order. Healed by a line without delay, which is tried.',
  own: {
    delay: durationText(0, 60_000).default('100ms').describe('latency: how much later everything arrives, each way.'),
    jitter: durationText(0, 60_000)
      .default('0ms')
      .describe('latency: up to so much more or less, drawn from the seed.'),
    direction: direction('latency', 'both'),
  },
  bend: ({ delay, jitter }) => ({
    do: 'latency',
    delayMs: milliseconds(String(delay)),
    jitterMs: milliseconds(String(jitter)),
  }),
});
