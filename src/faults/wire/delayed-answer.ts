import { z } from 'zod';
import { durationText, milliseconds } from '../../profile/schema/units.ts';
import { aboutWhom, apiParameter, onTheWire, wireParameters } from './on-the-wire.ts';

const parameters = z.strictObject({
  api: apiParameter('delayed-answer'),
  ...wireParameters('delayed-answer'),
  delay: durationText(1, 600_000).default('500ms').describe('delayed-answer: how much later the answer comes.'),
});

export const delayedAnswer = onTheWire(
  {
    name: 'delayed-answer',
    alsoCalled: ['slow-topic', 'slow-answer', 'delayed-response'],
    summary:
      'A request is served and its answer comes later, by `delay`, with all that follow it on its connection; of one topic: a slow topic. Healed by answers that come at once.',
  },
  parameters,
  ({ delay, ...given }) => ({ ...aboutWhom(given), deed: { type: 'delay-answer', delayMs: milliseconds(delay) } }),
);
