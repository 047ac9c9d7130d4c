/**
 * kafkajs 2.2.4 arms timers with negative delays (tulios/kafkajs #1751). They fire at once, as meant, but Node 24 and
 * newer print a warning. That one warning, of that one library, is dropped; every other passes.
 */
let silenced = false;

export function silenceNegativeTimeouts(): void {
  if (silenced) return;
  silenced = true;
  const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (warning: unknown, ...rest: unknown[]): void => {
    if (isNegativeTimeout(warning, rest) && /node_modules[\\/]kafkajs[\\/]/.test(new Error().stack ?? '')) return;
    emitWarning(warning, ...rest);
  };
}

function isNegativeTimeout(warning: unknown, rest: readonly unknown[]): boolean {
  const name = 'TimeoutNegativeWarning';
  return rest[0] === name || (warning instanceof Error && warning.name === name);
}
