#!/usr/bin/env node
/**
 * Many fuzzed frames of a protocol against real nodes (test/broker/fuzz): none may crash or hang a node, disturb a good
 * client, or leave something in a log that a reader or a recovery stumbles over. Prints what came of it as JSON. A failure
 * names about which frame it came: send a part again with --from and --frames, until it is small.
 *
 *   node test/soak/fuzz.mjs --frames 1000000 --seed 7 [--from 0] [--protocol client,nodes] [--minutes 100]
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    protocol: { type: 'string', default: 'client,nodes' },
    minutes: { type: 'string' },
  },
});

const env = {
  ...process.env,
  FUZZ_SEED: options.seed,
  FUZZ_FROM: options.from,
  FUZZ_TO: String(Number(options.from) + Number(options.frames)),
  FUZZ_PROTOCOL: options.protocol,
  ...(options.minutes === undefined ? {} : { FUZZ_MINUTES: options.minutes }),
};
const args = ['vitest', 'run', '--project', 'real', 'test/broker/fuzz/fuzz.real.test.ts'];
const { status } = spawnSync('npx', args, { cwd: resolve(import.meta.dirname, '../..'), env, stdio: 'inherit' });
process.exitCode = status ?? 1;
