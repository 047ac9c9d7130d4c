/** How far sending is, as a bar. */
export function progressBar(done: number, all: number, width: number): string {
  const full = Math.round(Math.min(1, all === 0 ? 1 : done / all) * width);
  return '▮'.repeat(full).padEnd(width, '▯');
}
