/** How often something may happen at most that was seen `k` times in `n`. */

/** One-sided. */
const confidence = 0.95;

/**
 * The exact upper bound of Clopper and Pearson (Biometrika 26, 1934), 95 %: the chance at which `k` or fewer of `n` would
 * be seen in one case of twenty. 0 of 60: 0.0487. Of nothing seen, nothing is known: 1.
 */
export function upperBound(k: number, n: number): number {
  if (k >= n) return 1;
  let low = k / n;
  let high = 1;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (atMost(k, n, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** `13.9 %`, rounded up: a bound is never said to be lower than it is. */
export function percentAbove(share: number): string {
  return `${(Math.ceil(share * 1000) / 10).toFixed(1)} %`;
}

/** The chance of at most `k` in `n` independent cases of chance `p`, 0 < p < 1. */
export function atMost(k: number, n: number, p: number): number {
  let logTerm = n * Math.log1p(-p);
  let sum = Math.exp(logTerm);
  for (let i = 1; i <= k; i += 1) {
    logTerm += Math.log((n - i + 1) / i) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
