/** Insert, and let the database refuse the double. */

import { sqlOf } from './families.ts';
import { Rows } from './rows.ts';
import type { Guard, Parts, Way } from './way.ts';

export const uniqueConstraint: Way = {
  name: 'unique-constraint',
  alsoCalled: ['unique', 'unique-key', 'unique-index'],
  summary: 'insert under a unique constraint; the database refuses the double',
  forms: [
    {
      name: 'business-id',
      summary: 'unique by the business id of the message',
      harms: [],
      families: ['sql'],
      open: (parts) => guard(parts, 'unique'),
    },
    {
      name: 'broker-position',
      summary:
        "unique by the message's place in the broker's log: a producer's retry that was stored twice has two places, and a place that is given out again after a loss refuses another message",
      harms: ['duplicate-effect', 'unprocessed'],
      families: ['sql'],
      places: true,
      open: (parts) => guard(parts, 'unique-place'),
    },
  ],
};

function guard({ store }: Parts, key: 'unique' | 'unique-place'): Guard {
  const rows = new Rows(sqlOf(store), key);
  return {
    prepare: (options) => rows.prepare(options),
    apply: async (message, visit, options) => {
      await visit('before effect', message);
      const inserted = await rows.insert(message, options);
      await visit('after effect', message);
      return inserted ? 'applied' : 'absorbed';
    },
    read: (options) => rows.read(options),
  };
}
