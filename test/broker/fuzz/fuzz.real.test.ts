import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { campaign } from './campaign.ts';
import type { Protocol } from './frames.ts';

const missing = spawnSync('kcat', ['-V']).error !== undefined;
const skip = missing && process.env.CI !== 'true';

/** For `test/soak/fuzz.mjs`, and to send a failure again: frames FUZZ_FROM to FUZZ_TO of FUZZ_SEED. */
const from = Number(process.env.FUZZ_FROM ?? 0);
const to = Number(process.env.FUZZ_TO ?? 1600);
const limitMs = Number(process.env.FUZZ_MINUTES ?? 100) * 60_000;
const seeds =
  process.env.FUZZ_SEED === undefined ? [1, Math.floor(Math.random() * 2 ** 32)] : [Number(process.env.FUZZ_SEED)];
const protocols = (process.env.FUZZ_PROTOCOL?.split(',') ?? ['client', 'nodes']) as Protocol[];
/** Four times what half a million frames ever took (177 MiB). */
const memoryLimitMiB = 800;

const cases = protocols.flatMap((protocol) => seeds.map((seed) => ({ protocol, seed })));

describe.skipIf(skip)(`fuzzed frames${skip ? ': skipped, kcat is not installed' : ''}`, () => {
  test.each(cases)('of the protocol of $protocol, seed $seed, disturb nobody', { timeout: 7_200_000 }, async (one) => {
    expect(missing, 'kcat must be installed in CI').toBe(false);
    const report = await campaign({ ...one, from, to, limitMs });
    if (process.env.FUZZ_SEED !== undefined) console.log(JSON.stringify({ ...one, from, to, ...report }));
    expect(
      report.problems,
      `FUZZ_SEED=${one.seed} FUZZ_PROTOCOL=${one.protocol} FUZZ_FROM=${from} FUZZ_TO=${to}`,
    ).toEqual([]);
    for (const [node, mostMiB] of Object.entries(report.mostMemoryMiB)) {
      expect(mostMiB, `memory of the ${node}`).toBeLessThan(memoryLimitMiB);
    }
    const { frames, answers } = report.attack ?? { frames: 0, answers: 0 };
    if (process.env.FUZZ_MINUTES === undefined) expect(frames).toBeGreaterThanOrEqual(to - from);
    expect(answers).toBeGreaterThan(frames / 4);
    expect(report.records).toBeGreaterThan(0);
  });
});
