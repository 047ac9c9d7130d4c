/** What a matrix was asked for: kept in its folder, so that it can go on. */
import { z } from 'zod';

const choicesVersion = 1;

export const choicesSchema = z.strictObject({
  version: z.literal(choicesVersion),
  seed: z.int().min(0).max(0xffff_ffff),
  /** Runs of each half. */
  repeat: z.int().min(1),
  /** Names of measures; none: all. */
  only: z.array(z.string()),
  /** `key=value`, for all halves of all pairs. */
  set: z.array(z.string()),
  /** Whether the folder has a file whose sections are laid over every profile: an attached cluster, for the bundled one. */
  cluster: z.boolean(),
  /** The product that every profile is put on; absent: its own. */
  broker: z.string().exactOptional(),
  allowRemote: z.boolean(),
});

export type Choices = z.output<typeof choicesSchema>;

export function newChoices(chosen: Omit<Choices, 'version'>): Choices {
  return { version: choicesVersion, ...chosen };
}
