/** Processing that fails, and what becomes of the messages: keys of `consumers`. */
import { z } from 'zod';
import type { FindingClass } from '../../audit/class.ts';
import type { EffectSettings } from '../../effects/settings.ts';
import { decidableEffects } from './effect.ts';
import { map } from './map.ts';
import { choice, duration, flag, percentage, whole } from './units.ts';

export const mostRedeliveries = 100;

export const redeliveryKeys = {
  failing: failing()
    .exactOptional()
    .describe(
      'Processing fails by chance, before any effect: 1% of the tries, or {share: 1%, by: message}: always the same ' +
        'messages. What fails follows from the seed. Default: it does not.',
    ),
  redelivery: map({
    attempts: whole(0, mostRedeliveries)
      .prefault(16)
      .describe('Redeliveries after the first try; 0: none, so that a failure is the end of the message.'),
    delay: duration(0).prefault('1s').describe('From a failure to the next try, whoever is killed meanwhile.'),
    deadLetter: flag()
      .prefault(true)
      .describe('What failed to the last goes to the dead letter topic of its group; false: it is dropped.'),
  })
    .exactOptional()
    .describe(
      'What failed goes to a retry topic of its group, and the consumer goes on. Without it, the batch is given back ' +
        'to the broker from its first failure on, again and again.',
    ),
};

/** Classes that such a run can decide; without a limit of their own they must be 0. */
export function decidableRedeliveries(
  redelivery: object | undefined,
  effect: EffectSettings | undefined,
): readonly FindingClass[] {
  if (redelivery === undefined) return [];
  const hidden = effect !== undefined && !decidableEffects(effect).includes('unprocessed');
  return hidden ? ['over-retried'] : ['unprocessed', 'dead-letter-lost', 'over-retried'];
}

function failing() {
  const long = map({
    share: percentage().describe('Of the tries, or of the messages.'),
    by: choice(['attempt', 'message'])
      .prefault('attempt')
      .describe(
        'attempt: each try by itself, so that a later one may succeed. message: the same messages at every try.',
      ),
  });
  const error = 'expected a percentage such as 1%, or a map such as {share: 1%, by: message}';
  return z.union([percentage(), long], { error }).transform((written) => {
    return typeof written === 'number' ? { share: written, by: 'attempt' as const } : written;
  });
}
