/** The message that a record names, by fields and as columns. */
import { none8, none16, noPosition } from '../../journal/event.ts';
import type { RecordFields } from '../../journal/record.ts';
import type { QueriedRun } from '../rows/run.ts';
import type { Field } from '../scan.ts';
import type { Column } from './table.ts';

interface Row {
  readonly record: RecordFields;
}

/** @param isNamed false where the record names none of this run. */
export function messageFields<T extends Row>(
  run: QueriedRun,
  isNamed: (record: RecordFields) => boolean,
): Readonly<Record<string, Field<T>>> {
  return {
    sender: {
      type: 'name',
      names: run.writers.all,
      of: ({ record }) => (isNamed(record) ? run.producer(record.producer) : 0),
    },
    number: { type: 'number', of: ({ record }) => (isNamed(record) ? record.producer : -1) },
    seq: { type: 'number', of: ({ record }) => (isNamed(record) ? record.seq : -1) },
  };
}

/** A producer of whom there is no journal is called by its number, as in findings. */
const producerSql = `CASE WHEN number = -1 THEN NULL WHEN sender = '' THEN 'producer-' || number::INTEGER ELSE sender::VARCHAR END`;

export const messageColumns: readonly Column[] = [
  {
    name: 'message',
    type: 'VARCHAR',
    about: 'as findings call it: p1.1#41',
    sql: `${producerSql} || '#' || nullif(seq, -1)::UINTEGER`,
  },
  { name: 'producer', type: 'VARCHAR', about: 'the life of a producer that sent it: p1.1', sql: producerSql },
  { name: 'seq', type: 'UINTEGER', about: 'its number among those of its producer, from 0', sql: 'nullif(seq, -1)' },
];

export const placeFields: Readonly<Record<string, Field<Row>>> = {
  partition: { type: 'number', of: ({ record: { partition } }) => (partition === none16 ? -1 : partition) },
  position: { type: 'number', of: ({ record: { position } }) => (position === noPosition ? -1 : position) },
  epoch: { type: 'number', of: ({ record: { epoch } }) => (epoch === none8 ? -1 : epoch) },
};
