/** The plain form of mqchaos: JSON lines whose keys are the fields (docs/records.md). */
import type { Side } from '../record.ts';
import { type Fields, fieldsOf, ownNames } from './fields.ts';
import type { Format, Opening } from './format.ts';
import { objectIn, objectOf } from './json.ts';
import { mapped } from './mapped.ts';

export const ownFormat: Format = {
  name: 'mqchaos',
  summary: 'JSON lines whose keys are the fields of docs/records.md (the default)',
  sent: plain('sent'),
  received: plain('received'),
  effects: plain('effects'),
  example: {
    sent: '{"id":"order-1","outcome":"acked"}',
    received: '{"id":"order-1","group":"billing"}',
    effects: '{"id":"order-1","count":1}',
  },
  looksLike: (line) => {
    const fields = objectIn(line);
    if (typeof fields?.id !== 'string') return [];
    if (Object.hasOwn(fields, 'outcome')) return ['sent'];
    return (['received', 'effects'] as const).filter((side) =>
      Object.keys(fields).every((key) => known[side].has(key)),
    );
  },
};

const known = { received: new Set<string>(fieldsOf.received), effects: new Set<string>(fieldsOf.effects) };

function plain<S extends Side>(side: S): Opening<S> {
  return mapped(side, () => (side === 'sent' ? objectOf : withoutOutcome), ownNames(side), false);
}

/** What was sent would otherwise pass for what was received: other keys are looked over. @throws Error. */
function withoutOutcome(line: string): Fields {
  const fields = objectOf(line);
  if (Object.hasOwn(fields, 'outcome')) throw new Error('it has an outcome, as lines of what was sent have');
  return fields;
}
