import { changedRecords } from './changed-records.ts';

export const doubledRecords = changedRecords(
  {
    name: 'doubled-records',
    alsoCalled: ['duplicate-records', 'duplicated-request'],
    summary:
      'A request with records reaches the broker twice, or a batch its consumer twice. Healed by records as they were sent.',
  },
  'double',
);
