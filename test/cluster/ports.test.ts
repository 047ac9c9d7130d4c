import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePorts } from '../../src/cluster/ports.ts';

/** Where Linux begins to give ports to whoever asks for any. */
const given = 32_768;

test('ports are distinct, also those of several calls at a time, and none that the kernel gives to anybody', async () => {
  const ports = (await Promise.all([freePorts(8), freePorts(8), freePorts(1)])).flat();
  expect(new Set(ports).size).toBe(17);
  for (const port of ports) expect(port).toBeLessThan(given);
});

test('a port on which somebody listens is left out', async () => {
  const [last = 0] = await freePorts(1);
  const server = createServer();
  server.listen(last + 1, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    expect(await freePorts(3)).not.toContain(port);
  } finally {
    server.close();
  }
});
