/** A broker that answers where it is asked, and tells its clients to go elsewhere, as one in a container may. */
import { expect, test } from 'vitest';
import { freePorts } from '../../../../src/cluster/ports.ts';
import { driver as kafka } from '../../../../src/products/kafka/driver.ts';
import { accessTo } from '../../../support/access.ts';
import { scriptedBroker } from '../../../support/kafka-scripted.ts';

test('is told of with the address that it gives out, when nobody reaches it there', async () => {
  await using broker = await scriptedBroker('scripted', () => {});
  const [port = 0] = await freePorts(1);
  broker.advertised = { host: '127.0.0.1', port };
  await expect(kafka.admin(accessTo([broker.bootstrap]))).rejects.toMatchObject({
    ...{ code: 'advertised-unreachable', exitCode: 4, hint: expect.stringContaining('docs/containers.md') },
    message: expect.stringContaining(
      `${broker.bootstrap} answers and tells clients to connect to 127.0.0.1:${port}, which nobody reaches from here: `,
    ),
  });
});

test('is fine where that leads to it as well', async () => {
  await using broker = await scriptedBroker('scripted', () => {});
  broker.advertised = { ...broker.advertised, host: 'localhost' };
  await using admin = await kafka.admin(accessTo([broker.bootstrap]));
  expect(admin).toBeDefined();
});
