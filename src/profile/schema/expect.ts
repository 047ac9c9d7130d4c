/** What a run must satisfy: at most so many findings of a class, and bounds of availability. */
import { z } from 'zod';
import { classWords, type FindingClass, findingClasses } from '../../audit/class.ts';
import { meanings } from '../../audit/meaning.ts';
import { choice, durationBound, leastPercentage } from './units.ts';
import { usualWords } from './usual-words.ts';

/** In a file also the one word `contract`, which is read as `{ contract: true }` (see contract-word.ts). */
export const expectSchema = z
  .strictObject(
    {
      contract: z
        .boolean({ error: 'expected true or false' })
        .optional()
        .describe(
          'true: classes without a limit of their own are held to the contract, which follows from the settings and ' +
            'the faults: no limit where it allows a class, 0 where it forbids it. `expect: contract` is short for it.',
        ),
      ...limits(),
      recovery: durationBound()
        .optional()
        .describe(
          'Longest time in which attempts went without an acknowledgement around a fault on servers, per partition, such as <10s.',
        ),
      acked: leastPercentage()
        .optional()
        .describe('Least share of the messages that must be acknowledged, in quotes: ">=95%".'),
      harm: z
        .array(choice(findingClasses, classWords), {
          error: 'expected a list of classes, such as [lost]',
        })
        .min(1, { error: 'expected at least one class' })
        .optional()
        .describe(
          'For a profile that is there to show a harm: the run passes when each class was found, and fails when the ' +
            'faults fired and it was not.',
        ),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? "expected 'contract' or a map of keys" : undefined) },
  )
  .register(usualWords, { ...classWords, rto: 'recovery', 'recovery-time': 'recovery' })
  .prefault({})
  .describe(
    'What the run must satisfy: most messages of a class, or any. Without a limit of their own lost, rolled-back, ' +
      'skipped, corrupt, misrouted, phantom and contradicted must be 0, with an effect also unprocessed, ' +
      'phantom-effect and stale-overwrite, with an idempotence also duplicate-effect, with redelivery also unprocessed, ' +
      'dead-letter-lost and over-retried; the rest is only reported.',
  );

function limits() {
  const shape = findingClasses.map((name) => {
    const counted = name === 'unavailable' ? 'faults' : 'messages';
    return [name, limit().describe(`Most ${counted} that may be ${name}, or any: ${meanings[name]}.`)];
  });
  return Object.fromEntries(shape) as Record<FindingClass, ReturnType<typeof limit>>;
}

function limit() {
  const error = "expected a whole number from 0, or 'any'";
  return z.union([z.int({ error }).min(0, { error }), z.literal('any', { error })], { error }).optional();
}
