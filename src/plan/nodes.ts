/** The names that a profile can aim at. */

/** Brokers of the bundled cluster: `b1` to `bN`. */
export function masterNames(masters: number): string[] {
  return Array.from({ length: masters }, (_, i) => `b${i + 1}`);
}

/** The name server of the bundled cluster. */
export const nameServer = 'ns';

/** `p1` to `pN`. */
export function producerNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `p${i + 1}`);
}

/** `c1` to `cM`, numbered through all groups: the first group has the first `count`. */
export function consumerNames(count: number, groups: number): string[] {
  return Array.from({ length: count * groups }, (_, i) => `c${i + 1}`);
}
