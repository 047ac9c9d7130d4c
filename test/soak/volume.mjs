#!/usr/bin/env node
/**
 * test/volume for much longer: sequences against the oracle without and with a mount, calls of fsx, and power cuts under six
 * syncing threads. Needs root, /dev/fuse and python3; exit 1 when anything was wrong.
 *
 *   node test/soak/volume.mjs [--sequences 10000] [--mounted 2000] [--fsx 1000000] [--cuts 1000] [--seed 1]
 */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const number = (value) => ({ type: 'string', default: value });
const { values: options } = parseArgs({
  options: {
    sequences: number('10000'),
    mounted: number('2000'),
    fsx: number('1000000'),
    cuts: number('1000'),
    seed: number('1'),
  },
});

const boundMs = 6 * 3_600_000;
const child = spawn('npx', ['vitest', 'run', 'test/volume', '--maxWorkers', '1'], {
  cwd: resolve(import.meta.dirname, '../..'),
  stdio: ['ignore', 'inherit', 'inherit'],
  env: {
    ...process.env,
    CI: 'true', // nothing is skipped in silence
    MQCHAOS_SEED: options.seed,
    MQCHAOS_HISTORIES: options.sequences,
    MQCHAOS_VOLUME_SEQUENCES: options.mounted,
    MQCHAOS_VOLUME_FSX: options.fsx,
    MQCHAOS_VOLUME_CUTS: options.cuts,
    MQCHAOS_VOLUME_BOUND_MS: String(boundMs),
  },
});
child.once('close', (code) => {
  process.exitCode = code ?? 1;
});
