/** Programs of the system, run to their end. */
import { spawnSync } from 'node:child_process';

const boundMs = 60_000;

/** @throws Error with what it said, unless it ends with one of these codes. */
export function run(command: string, args: readonly string[], good: readonly number[] = [0]): void {
  const { status, error, stderr } = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: boundMs,
  });
  if (status !== null && good.includes(status)) return;
  const why = error?.message ?? (stderr.trim() || `exit code ${status}`);
  throw new Error(`${command}: ${why}`);
}
