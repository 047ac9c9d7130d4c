import { z } from 'zod';
import { flag, text } from '../../profile/schema/units.ts';
import { aboutWhom, apiParameter, onTheWire, wireParameters } from './on-the-wire.ts';

const parameters = z.strictObject({
  api: apiParameter('error-answer'),
  ...wireParameters('error-answer'),
  error: text('expected the name of an error')
    .default('NOT_LEADER_OR_FOLLOWER')
    .describe('error-answer: which, by the name that the protocol has for it.'),
  served: flag()
    .default(false)
    .describe('error-answer: true: the broker serves the request first. false: it never sees it.'),
});

export const errorAnswer = onTheWire(
  {
    name: 'error-answer',
    alsoCalled: ['error-response', 'inject-error'],
    summary:
      'A request is answered with an error, partition by partition, instead of being served or after it. Healed by answers as the broker gives them.',
  },
  parameters,
  ({ error, served, ...given }) => ({ ...aboutWhom(given), deed: { type: 'answer-error', error, served } }),
);
