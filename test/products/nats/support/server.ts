/** One nats-server that mqchaos did not start: what a profile attaches to. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../../src/cluster/ports.ts';
import { serverInfo } from '../../../../src/products/nats/client/leadership.ts';
import { until } from '../../../support/kafka.ts';

export interface NatsServer extends AsyncDisposable {
  readonly address: string;
}

/** @param lines for its configuration, beside the address and the store. */
export async function startServer(...lines: readonly string[]): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-nats-'));
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const text = [`listen: "${address}"`, `jetstream { store_dir: "${join(folder, 'data')}" }`, ...lines, ''].join('\n');
  writeFileSync(join(folder, 'nats.conf'), text);
  const server = spawn('nats-server', ['-c', 'nats.conf'], { cwd: folder, stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const end = async (): Promise<void> => {
    server.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until('the server answers', 20_000, async () => (await serverInfo(address)) !== undefined);
  } catch (error) {
    await end();
    throw error;
  }
  return { address, [Symbol.asyncDispose]: end };
}
