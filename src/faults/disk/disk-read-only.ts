import { failingDisk } from './failing-disk.ts';

export const diskReadOnly = failingDisk(
  {
    name: 'disk-read-only',
    alsoCalled: ['erofs', 'read-only', 'readonly', 'remount-ro'],
    summary:
      'Writes of the node fail with EROFS, as when a system makes its disk read-only after an error. Healed by a disk that ' +
      'takes writes and a restart.',
  },
  'EROFS',
  ['write'],
);
