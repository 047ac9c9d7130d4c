import { failingDisk } from './failing-disk.ts';

export const diskFail = failingDisk(
  {
    name: 'disk-fail',
    alsoCalled: ['eio', 'disk-error', 'io-error'],
    summary: 'Writes and syncs of the node fail with EIO, or what `on` says. Healed by a sound disk and a restart.',
  },
  'EIO',
  ['write', 'sync'],
);
