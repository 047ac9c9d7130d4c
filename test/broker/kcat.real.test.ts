import { spawn, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createTopic, TestCluster } from './support/nodes.ts';

const missing = spawnSync('kcat', ['-V']).error !== undefined;
const skip = missing && process.env.CI !== 'true';

test.skipIf(skip)(
  `kcat (librdkafka) produces and consumes${skip ? ': skipped, kcat is not installed' : ''}`,
  async () => {
    expect(missing, 'kcat must be installed in CI').toBe(false);
    await using cluster = await TestCluster.start(2);
    await createTopic(cluster.kafka(), 't', 3);
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}`);
    for (const [index, options] of [
      [],
      ['-X', 'enable.idempotence=true'],
      ['-z', 'gzip'],
      ['-z', 'snappy'],
      ['-z', 'lz4'],
      ['-z', 'zstd'],
      ['-X', 'acks=0'],
    ].entries()) {
      const input = lines.map((line) => `${index} ${line}`).join('\n');
      await kcat(['-b', cluster.master(1).address, '-P', '-t', 't', ...options], input);
    }
    const out = await kcat(['-b', cluster.master(2).address, '-C', '-t', 't', '-o', 'beginning', '-e', '-q']);
    const got = out.trim().split('\n');
    expect(got.length).toBe(7000);
    expect(new Set(got).size).toBe(7000);
    const grouped = await kcat([
      '-b',
      cluster.master(1).address,
      '-G',
      'kcat-group',
      '-e',
      '-q',
      '-X',
      'auto.offset.reset=earliest',
      't',
    ]);
    expect(new Set(grouped.trim().split('\n')).size).toBe(7000);
    expect(await kcat(['-b', cluster.master(1).address, '-L'])).toContain('topic "t" with 3 partitions');
  },
);

async function kcat(args: readonly string[], input = ''): Promise<string> {
  const child = spawn('kcat', args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 60_000 });
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`kcat ${args.join(' ')}: exit ${code}\n${errors}`);
  return out;
}
