/** Look up by primary key, then insert or update: there is never a second row. */
import type { EffectOutcome } from '../../journal/event.ts';
import type { EffectMessage } from '../message.ts';
import type { Visit } from '../points.ts';
import type { CallOptions } from '../stores/store.ts';
import { sqlOf } from './families.ts';
import { Rows } from './rows.ts';
import type { Guard, Parts, Way } from './way.ts';

export const primaryKey: Way = {
  name: 'primary-key',
  alsoCalled: ['pk', 'upsert'],
  summary: 'look up by primary key, then insert or update',
  forms: [
    {
      name: 'upsert',
      summary:
        'found, or refused by the key after all because another consumer was faster: the same row is written again',
      harms: [],
      families: ['sql'],
      open: (parts) => guard(parts, 'primary', upsert),
    },
    {
      name: 'check-then-insert',
      summary:
        'look up, then insert, in a table without a key: two consumers of one message both find nothing and both insert',
      harms: ['duplicate-effect'],
      families: ['sql'],
      open: (parts) => guard(parts, 'none', checkThenInsert),
    },
  ],
};

type Apply = (rows: Rows, message: EffectMessage, visit: Visit, options: CallOptions) => Promise<EffectOutcome>;

function guard({ store }: Parts, key: 'primary' | 'none', apply: Apply): Guard {
  const rows = new Rows(sqlOf(store), key);
  return {
    prepare: (options) => rows.prepare(options),
    apply: (message, visit, options) => apply(rows, message, visit, options),
    read: (options) => rows.read(options),
  };
}

const upsert: Apply = async (rows, message, visit, options) => {
  const found = await rows.has(message, options);
  await visit('before effect', message);
  const inserted = !found && (await rows.insert(message, options));
  if (!inserted) await rows.update(message, options);
  await visit('after effect', message);
  return inserted ? 'applied' : 'absorbed';
};

const checkThenInsert: Apply = async (rows, message, visit, options) => {
  if (await rows.has(message, options)) return 'absorbed';
  await visit('before effect', message);
  await rows.insert(message, options);
  await visit('after effect', message);
  return 'applied';
};
