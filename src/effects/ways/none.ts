/** No idempotence: the off half of every pair. The same effect in the same store, without the guard. */
import { plainEffect } from './plain.ts';
import type { Way } from './way.ts';

export const none: Way = {
  name: 'none',
  alsoCalled: ['off', 'no', 'false'],
  summary: 'the effect alone: a plain insert into a table without a key, or INCR',
  forms: [
    {
      name: 'plain',
      summary: 'applied as often as the message is processed',
      harms: ['duplicate-effect'],
      families: ['sql', 'redis'],
      open: ({ store }) => {
        const effect = plainEffect(store);
        return {
          prepare: (options) => effect.prepare(options),
          apply: async (message, visit, options) => {
            await visit('before effect', message);
            await effect.apply(message, options);
            await visit('after effect', message);
            return 'applied';
          },
          read: (options) => effect.read(options),
        };
      },
    },
  ],
};
