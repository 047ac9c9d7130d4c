/** How fast a broker of a run's own acknowledges, on a lossy volume or on the folder itself: one whole run without a fault. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const tool = resolve(import.meta.dirname, '../../bin/mqchaos.js');
const clusters = { kafka: 'nodes: 1', rocketmq: 'masters: 1' };

export const brokers = Object.keys(clusters);

/**
 * Acknowledged messages a second, from the first send to the last answer.
 * @param kind of the volume: `none` or `fuse`.
 * @throws Error when something was lost or not acknowledged, with what the run said.
 */
export async function acknowledging(broker, kind, folder, messages) {
  const profile = join(folder, 'profile.yaml');
  writeFileSync(
    profile,
    `version: 1
name: throughput
question: How fast does it acknowledge?
cluster: { broker: ${broker}, ${clusters[broker]}, volume: ${kind} }
topic: { partitions: 4 }
producers: { count: 1, send: async, window: 500, messages: ${messages}, rate: max, payload: 256B, timeout: 20s }
consumers: { count: 1, start: 99% }
expect: { lost: 0 }
limit: 5m
`,
  );
  const args = [tool, 'run', profile, '--seed', '1', '--out', join(folder, 'run'), '--json'];
  const ran = promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
  const { stdout, stderr } = await ran.catch((error) => error);
  if (stdout === '') throw new Error(`no record of ${broker}: ${stderr.slice(-300)}`);
  const { verdict, counts, phases } = JSON.parse(stdout);
  // what the drain makes of a busy machine is not measured here
  if (verdict.value === 'fail' || counts.acked < messages) throw new Error(`${broker}: ${verdict.reasons.join('; ')}`);
  const at = (phase) => phases.find((one) => one.phase === phase).atNs / 1e9;
  return counts.acked / (at('heal') - at('send'));
}
