import { changedRecords } from './changed-records.ts';

export const corruptedRecords = changedRecords(
  {
    name: 'corrupted-records',
    alsoCalled: ['corrupt-records', 'corruption'],
    summary:
      'One bit of a record, in the second half of its value, is turned on its way. Healed by records as they were sent.',
  },
  'corrupt',
);
