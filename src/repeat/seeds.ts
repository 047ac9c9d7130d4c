/** The seeds of a profile that is run again and again. */
import { stream } from '../plan/random.ts';

/** So many different ones: the first as given, the others following from it. More of them change none of those before. */
export function seedsOf(first: number, count: number): number[] {
  const random = stream(first, 'repeat');
  const seeds = new Set([first]);
  while (seeds.size < count) seeds.add(random.int(2 ** 32));
  return [...seeds];
}
