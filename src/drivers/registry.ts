/** The drivers, one line each. Loaded on demand: a run pays for the client library of its own broker only. */
import { ToolError } from '../errors.ts';
import type { Driver } from './driver.ts';

export interface DriverEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Driver>;
}

export const drivers: readonly DriverEntry[] = [
  {
    name: 'bundled',
    summary: 'the broker that comes with mqchaos',
    load: async () => (await import('./bundled.ts')).bundled,
  },
  {
    name: 'kafka',
    summary: 'Apache Kafka and what speaks its protocol',
    load: async () => (await import('./kafka.ts')).kafka,
  },
];

export function loadDriver(name: string): Promise<Driver> {
  const entry = drivers.find((driver) => driver.name === name);
  if (entry !== undefined) return entry.load();
  throw new ToolError(`there is no driver for the broker "${name}"`, {
    code: 'unknown-driver',
    hint: `one of: ${drivers.map((driver) => driver.name).join(', ')}`,
  });
}
