import { failingDisk } from './failing-disk.ts';

export const diskFull = failingDisk(
  {
    name: 'disk-full',
    alsoCalled: ['enospc', 'no-space', 'fill-disk'],
    summary: 'Writes of the node fail with ENOSPC. Healed by room on the disk and a restart.',
  },
  'ENOSPC',
  ['write'],
);
