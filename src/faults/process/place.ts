/** Parameters of faults that hit a consumer at a place in its processing. */
import { z } from 'zod';
import { type Point, points } from '../../effects/points.ts';
import { choice, whole } from '../../profile/schema/units.ts';

/** @param fault its name. @param what it does there: `it dies`. */
export function placeParameters(fault: string, what: string, usual: Point) {
  return z.strictObject({
    point: choice(points)
      .default(usual)
      .describe(`${fault}: where ${what}. ${points.join(', ')}.`),
    count: whole(1, 1_000_000)
      .default(1)
      .describe(`${fault}: at its so many-th visit of the point, counted by each target from the moment of the fault.`),
  });
}
