/** The key `volume` of `cluster`: what kind of disk the nodes have that the run starts. The same for every product. */
import { z } from 'zod';
import { map } from '../profile/schema/map.ts';
import { choice, flag, leaf } from '../profile/schema/units.ts';
import { usualWords } from '../profile/schema/usual-words.ts';
import type { ClusterSettings, VolumeSettings } from './cluster.ts';

const mebibyte = 1024 * 1024;
const leastMiB = 64;
const mostMiB = 1024 * 1024;
const usualSize = 2048 * mebibyte;

const kinds = ['fuse', 'ext4', 'none'] as const;
const ages = ['worst case', '30s'] as const;

/** What the kinds are called elsewhere. */
const kindWords = {
  lazyfs: 'fuse',
  lossy: 'fuse',
  loop: 'ext4',
  loopback: 'ext4',
  off: 'none',
  no: 'none',
  false: 'none',
};

const details = map({
  kind: choice(kinds, kindWords).describe(
    'fuse: a file system of mqchaos, which keeps apart what is synced and what is not. ext4: one in a file on a loop ' +
      'device, for root. none: a plain folder, under which no power fails.',
  ),
  writeBack: choice(ages, { worst: 'worst case', never: 'worst case', '30 s': '30s' })
    .exactOptional()
    .describe(
      'With `kind: fuse`: what survives without a sync. worst case: nothing. 30s: what was written longer ago, as ' +
        'systems usually write it back. Default: worst case.',
    ),
  checkpoint: flag()
    .exactOptional()
    .describe(
      'Whether everything is synced once when the nodes are up and the topic is there, so that a power cut tests ' +
        'messages and not the birth of a queue. Default: true.',
    ),
  size: sizeText().exactOptional().describe('With `kind: ext4`: how much fits on it, such as 512MiB. Default: 2GiB.'),
});

/** In a profile. */
export const volumeSchema = z
  .union([choice(kinds, kindWords), details], { error: "expected 'fuse', 'ext4', 'none', or a map with kind" })
  .register(usualWords, kindWords)
  .transform((written): VolumeSettings => settingsOf(typeof written === 'string' ? { kind: written } : written))
  .exactOptional()
  .describe(
    'The disk of each broker that the run starts: `fuse` or `ext4`, whose power can be cut and which can be made to ' +
      'fail; or `none`. A map has its details.',
  );

/** In a plan: every choice made. Absent, as in plans of before: none. */
export const volumePlanSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('fuse'), writeBack: z.enum(ages), checkpoint: z.boolean() }),
    z.strictObject({ kind: z.literal('ext4'), sizeBytes: z.int().min(1), checkpoint: z.boolean() }),
  ])
  .exactOptional();

function settingsOf({ kind, writeBack, checkpoint = true, size }: z.output<typeof details>): VolumeSettings {
  switch (kind) {
    case 'fuse':
      return { kind, writeBack: writeBack ?? 'worst case', checkpoint };
    case 'ext4':
      return { kind, sizeBytes: size ?? usualSize, checkpoint };
    case 'none':
      return { kind };
  }
}

/** Keys of the map that mean nothing with its kind, and why. */
export function idleVolumeKeys(kind: unknown, isWritten: (key: string) => boolean): { key: string; why: string }[] {
  const only: readonly (readonly [key: string, kinds: readonly unknown[]])[] = [
    ['writeBack', ['fuse']],
    ['size', ['ext4']],
    ['checkpoint', ['fuse', 'ext4']],
  ];
  return only.flatMap(([key, of]) =>
    isWritten(key) && !of.includes(kind)
      ? [{ key, why: `goes with 'kind: ${of.join("' or '")}' only; leave it out` }]
      : [],
  );
}

/** The volumes of a cluster's nodes; undefined: they have plain folders. */
export function volumeOf({
  volume,
}: Pick<ClusterSettings, 'volume'>): Exclude<VolumeSettings, { kind: 'none' }> | undefined {
  return volume?.kind === 'none' ? undefined : volume;
}

/** Bytes of `512MiB`, `2GiB`. */
function sizeText() {
  return leaf(/^\d+(MiB|GiB)$/, 'expected a size from 64MiB to 1024GiB, such as 512MiB or 2GiB', (written) => {
    const mebibytes = Number.parseInt(written, 10) * (written.endsWith('GiB') ? 1024 : 1);
    return mebibytes >= leastMiB && mebibytes <= mostMiB ? mebibytes * mebibyte : undefined;
  });
}
