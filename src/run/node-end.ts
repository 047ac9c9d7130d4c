/** How a node ended that nobody ended, for people. */
export function endText({ signal, exitCode, pid }: Readonly<Record<string, unknown>>): string {
  const how = typeof signal === 'string' ? signal : `exit code ${String(exitCode)}`;
  return typeof pid === 'number' ? `${how}, pid ${pid}` : how;
}
