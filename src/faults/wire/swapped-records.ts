import { changedRecords } from './changed-records.ts';

export const swappedRecords = changedRecords(
  {
    name: 'swapped-records',
    alsoCalled: ['reordered-records', 'reorder'],
    summary:
      'Two requests with records of one partition and one connection, or two batches on their way to a consumer, change places. Healed by records as they were sent.',
  },
  'swap',
);
