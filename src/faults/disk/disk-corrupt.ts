import { z } from 'zod';
import { stream } from '../../plan/random.ts';
import { choice, text, whole } from '../../profile/schema/units.ts';
import { applyToAll, controlOf, type Fault, onAll } from '../fault.ts';

const parameters = z.strictObject({
  damage: choice(['bit-flip', 'torn-page'])
    .default('bit-flip')
    .describe(
      'disk-corrupt: bit-flip: one bit of a byte is the other. torn-page: the second half of a page of 4 KiB was never ' +
        'written.',
    ),
  places: whole(1, 10_000)
    .default(1)
    .describe('disk-corrupt: how many, at places that the seed decides, in proportion to what files hold.'),
  path: text('expected a pattern such as *.log or data/**')
    .exactOptional()
    .describe(
      'disk-corrupt: of which files, relative to the disk; * stands for anything but /, ** for anything. Default: all.',
    ),
});

export const diskCorrupt: Fault = {
  name: 'disk-corrupt',
  alsoCalled: ['bit-flip', 'bitflip', 'bit-rot', 'bitrot', 'corruption', 'torn-page'],
  summary:
    'The node is stopped in its own good order, and what it has on its disk is damaged: flipped bits, or torn pages. Healed ' +
    'by starting it on that.',
  needs: ['stop', 'damage', 'start'],
  parameters,
  asks: (given) => ({ damage: parameters.parse(given).damage }),
  inject: async (targets, deed) => {
    const { damage: kind, places: count, path } = parameters.parse(deed.parameters);
    const stopped = await applyToAll(targets, 'stop');
    return onAll(targets, async (target) => {
      const seed = stream(deed.seed, `${deed.id}/damage/${target.id}`).int(2 ** 32);
      const damage = { kind, count, seed, ...(path === undefined ? {} : { path }) };
      const { stop } = stopped.find((evidence) => evidence.target === target.id) ?? {};
      return { stop, damage: await controlOf(target, 'damage')(damage) };
    });
  },
  heal: (targets) => applyToAll(targets, 'start'),
};
