import { z } from 'zod';
import { aboutWhom, onTheWire, wireParameters } from './on-the-wire.ts';

const parameters = z.strictObject(wireParameters('moved-leader'));

export const movedLeader = onTheWire(
  {
    name: 'moved-leader',
    alsoCalled: ['stale-metadata', 'wrong-leader'],
    summary:
      'Who asks the node which broker leads a partition is told another one. Healed by answers as the broker gives them.',
  },
  parameters,
  (given) => ({ ...aboutWhom(given), api: 'metadata', deed: { type: 'move-leader' } }),
);
