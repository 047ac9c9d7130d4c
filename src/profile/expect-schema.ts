/** What a run must satisfy: at most so many findings of a class, and bounds of availability. */
import { z } from 'zod';
import { type FindingClass, findingClasses } from '../audit/class.ts';
import { map } from './map.ts';
import { durationBound, leastPercentage, orOf } from './units.ts';

/** Classes that this version has no way to find: nothing processes messages yet, and nothing redelivers them. */
export const laterClasses = [
  'duplicate-effect',
  'stale-overwrite',
  'unprocessed',
  'dead-letter-lost',
  'over-retried',
] as const satisfies readonly FindingClass[];

export type ExpectedClass = Exclude<FindingClass, (typeof laterClasses)[number]>;

const meanings: Readonly<Record<ExpectedClass, string>> = {
  lost: 'acknowledged, and never received by any group although everything was read',
  'rolled-back': 'acknowledged and received, but gone from the log afterwards',
  skipped: 'acknowledged and stored, but passed over by a group',
  unseen: 'acknowledged and not received, while it is not proven that everything was read',
  'duplicate-stored': "one message at two positions of the broker's log",
  'duplicate-delivered': 'one stored message delivered twice to a group',
  'duplicate-undecided': 'received twice by a group, without positions to tell which of the two it is',
  recovered: 'the outcome of the send was unknown, and the message was delivered',
  undelivered: 'not acknowledged and not delivered',
  pending: 'not acknowledged and not delivered, while it is not proven that everything was read',
  'degraded-lost': 'stored but not protected as asked, and not delivered',
  contradicted: 'rejected, and delivered all the same',
  phantom: 'delivered, but never sent',
  corrupt: 'delivered with other bytes than were sent',
  misrouted: 'delivered from another partition than it was sent to',
  reordered: 'delivered against the order in which one producer sent',
  unavailable: 'a fault around which acknowledgements stopped',
};

export const expectedClasses = findingClasses.filter((name): name is ExpectedClass => Object.hasOwn(meanings, name));

export const expectSchema = map({
  ...limits(),
  recovery: durationBound()
    .optional()
    .describe('Longest gap in acknowledgements around any fault, per partition, such as <10s.'),
  acked: leastPercentage()
    .optional()
    .describe('Least share of the messages that must be acknowledged, in quotes: ">=95%".'),
  harm: z
    .array(z.enum(expectedClasses, { error: `expected ${orOf(expectedClasses)}` }), {
      error: 'expected a list of classes, such as [lost]',
    })
    .min(1, { error: 'expected at least one class' })
    .optional()
    .describe(
      'For a profile that is there to show a harm: the run passes when each class was found, and fails when the ' +
        'faults fired and it was not.',
    ),
})
  .prefault({})
  .describe(
    'What the run must satisfy: most messages of a class, or any. Without a limit of their own lost, rolled-back, ' +
      'skipped, corrupt, misrouted, phantom and contradicted must be 0, and the other classes are only reported.',
  );

function limits() {
  const shape = expectedClasses.map((name) => {
    const counted = name === 'unavailable' ? 'faults' : 'messages';
    return [name, limit().describe(`Most ${counted} that may be ${name}, or any: ${meanings[name]}.`)];
  });
  return Object.fromEntries(shape) as Record<ExpectedClass, ReturnType<typeof limit>>;
}

function limit() {
  const error = "expected a whole number from 0, or 'any'";
  return z.union([z.int({ error }).min(0, { error }), z.literal('any', { error })], { error }).optional();
}
