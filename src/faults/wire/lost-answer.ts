import { z } from 'zod';
import { choice } from '../../profile/schema/units.ts';
import { aboutWhom, apiParameter, onTheWire, wireParameters } from './on-the-wire.ts';

const parameters = z.strictObject({
  api: apiParameter('lost-answer'),
  ...wireParameters('lost-answer'),
  connection: choice(['closes', 'falls silent', 'goes on'])
    .default('closes')
    .describe(
      'lost-answer: what its client finds instead: a connection that is closed, one on which nothing comes any more, or the next answer.',
    ),
});

export const lostAnswer = onTheWire(
  {
    name: 'lost-answer',
    alsoCalled: ['lost-response', 'lost-ack', 'drop-response'],
    summary: 'A request is served and its answer is not delivered. Healed by answers that come through again.',
  },
  parameters,
  ({ connection, ...given }) => ({ ...aboutWhom(given), deed: { type: 'lose-answer', connection } }),
);
