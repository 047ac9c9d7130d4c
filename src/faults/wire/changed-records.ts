/** What the faults share that change records on their way. */
import { z } from 'zod';
import { choice } from '../../profile/schema/units.ts';
import type { Fault } from '../fault.ts';
import { aboutWhom, onTheWire, wireParameters } from './on-the-wire.ts';

/** `checksum` is a choice where bytes are another. */
export function changedRecords(
  words: Pick<Fault, 'name' | 'alsoCalled' | 'summary'>,
  how: 'double' | 'corrupt' | 'swap',
): Fault {
  const parameters = z.strictObject({
    ...wireParameters(words.name),
    api: choice(['produce', 'fetch'])
      .default('produce')
      .describe(`${words.name}: on their way to the broker (produce) or from it (fetch).`),
    ...(how === 'corrupt'
      ? {
          checksum: choice(['right', 'wrong'])
            .default('right')
            .describe(
              `${words.name}: right: the checksum of the batch is made to fit, so that nobody notices. wrong: it is left as it was.`,
            ),
        }
      : {}),
  });
  return onTheWire(words, parameters, (given) => {
    const { api, checksum = 'right', ...whom } = given as Given;
    return { ...aboutWhom({ ...whom, api }), deed: { type: 'change-records', how, on: api, checksum } };
  });
}

type Given = Parameters<typeof aboutWhom>[0] & {
  readonly api: 'produce' | 'fetch';
  readonly checksum?: 'right' | 'wrong';
};
