/** Free ports of the loopback interface, for brokers that must keep their port over restarts. */
import { createServer } from 'node:net';
import { exitCodes, ToolError } from '../errors.ts';

/**
 * Below those that Linux gives to whoever asks for any (ip_local_port_range), connections of clients too: while a broker
 * is dead, nobody takes its port by chance.
 */
const first = 10_000;
const end = 32_768;
/** A port is free again until its broker has it: tools that start at the same time begin at different ones. */
const perProcess = 16;
let next = first + ((process.pid * perProcess) % (end - first));

/**
 * `count` distinct ports that nobody listens on, and that were not given before. Another program may take one before the
 * broker does: the broker then says `port-in-use`.
 * @throws ToolError `no-port` (exit 4).
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let looked = first; looked < end && ports.length < count; looked += 1) {
    const port = next;
    next = port + 1 < end ? port + 1 : first;
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length === count) return ports;
  throw new ToolError(`of the ports from ${first} to ${end - 1} no ${count} are free`, {
    code: 'no-port',
    hint: 'end programs that listen on 127.0.0.1: ss -ltn',
    exitCode: exitCodes.setup,
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
