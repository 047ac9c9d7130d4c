/** What the run ran on, for the record. Names no host and no user. */
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { packageVersion } from '../../cluster/program.ts';
import type { ClockBase } from '../../journal/header.ts';
import type { RunFolder } from './folder.ts';

/** The machine, and what runs on it. */
export interface Host {
  readonly mqchaos: string;
  readonly node: string;
  readonly platform: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly memoryBytes: number;
}

export interface Environment extends Host {
  /** Wall clock at the run's base, RFC 3339. */
  readonly startedAt: string;
  readonly driver: string;
  readonly broker: string;
  /** Software of the store of the effects, and why it may forget them; absent: there is none. */
  readonly store?: string;
  readonly storeWarnings?: readonly string[];
}

type Software = Pick<Environment, 'driver' | 'broker' | 'store' | 'storeWarnings'>;

export function writeEnvironment(folder: RunFolder, base: ClockBase, software: Software): void {
  const environment: Environment = {
    startedAt: base.wall,
    ...hostFacts(),
    ...software,
  };
  writeFileSync(join(folder.path, 'environment.json'), `${JSON.stringify(environment, undefined, 2)}\n`);
}

export function hostFacts(): Host {
  return {
    mqchaos: packageVersion,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    kernel: release(),
    cpus: cpus().length,
    memoryBytes: totalmem(),
  };
}
