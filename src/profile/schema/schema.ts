/**
 * The file format of a profile, version 1: this schema is what a file is held to, what editors complete from
 * (`schema/profile.schema.json` is made of it) and what `docs/profile.md` describes.
 *
 * A parsed profile has the keys of the file. Durations are in ms, sizes in bytes, rates in messages a second and
 * percentages as fractions of 1.
 */
import { z } from 'zod';
import { clusterSchema } from '../../products/formats.ts';
import { expectSchema } from './expect.ts';
import { faultSchema } from './fault.ts';
import { consumersSchema, producersSchema } from './load.ts';
import { map } from './map.ts';
import { duration, text, whole } from './units.ts';
import { usualWords } from './usual-words.ts';

export const profileVersion = 1;

export const profileSchema = map({
  version: z
    .literal(profileVersion, { error: `expected ${profileVersion}` })
    .describe('Version of the file format. Always 1.'),
  name: text(
    'expected a name of lower-case letters, digits and dashes, such as kill-master',
    /^[a-z0-9][a-z0-9-]{0,63}$/,
  ).describe('Name of the profile, in lower case with dashes. Reports and run folders use it.'),
  question: text('expected one sentence that ends with a question mark', /^\S[^\n]*\?$/).describe(
    'The question that a run answers, in one sentence.',
  ),
  extends: text('expected the path of a profile, or the name of a bundled one')
    .optional()
    .describe(
      'Another profile that this one changes: a path relative to this file, or the name of a bundled profile. ' +
        'Maps are merged key by key, lists are replaced, and a key set to null is taken away.',
    ),
  cluster: clusterSchema,
  topic: map({
    partitions: whole(1, 1024)
      .exactOptional()
      .describe(
        'Partitions of the topic that is made for the run, where the broker has them. Default: 8, or what is usual there.',
      ),
    replication: whole(1, 32)
      .exactOptional()
      .describe(
        "Copies of each partition, where the broker is told so when a topic is made. Default: the cluster's own.",
      ),
  })
    .prefault({})
    .describe('The topic that is made for the run.'),
  producers: producersSchema,
  consumers: consumersSchema,
  faults: z
    .array(faultSchema, { error: 'expected a list of faults' })
    .prefault([])
    .describe('What goes wrong, when, to whom and for how long. Without it the run shows the calm case.'),
  expect: expectSchema,
  limit: duration(1000)
    .prefault('5m')
    .describe('Longest time the whole run may take; beyond it the run is inconclusive.'),
}).register(usualWords, {
  broker: 'cluster',
  title: 'name',
  description: 'question',
  timeout: 'limit',
  duration: 'limit',
  fault: 'faults',
  chaos: 'faults',
  assertions: 'expect',
  thresholds: 'expect',
});

export type Profile = z.output<typeof profileSchema>;
