/** A row of bars, one a value: the highest is a whole block, nothing is the lowest, and what is not nothing is above it. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(0, ...values);
  return values.map((value) => bars[value <= 0 ? 0 : Math.ceil((value / most) * (bars.length - 1))] ?? '').join('');
}

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
