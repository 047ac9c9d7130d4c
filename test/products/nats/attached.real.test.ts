/** Servers that are there already: by address, by login, by TLS. The key in test/support/tls guards nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BrokerAccess } from '../../../src/products/driver.ts';
import { driver } from '../../../src/products/nats/driver.ts';
import { nats } from '../../../src/products/nats/product.ts';
import { missingPrograms } from '../../support/product-cluster.ts';
import { message, seqOf } from '../kafka/client/messages.ts';
import { type NatsServer, startServer } from './support/server.ts';

const signal = AbortSignal.timeout(300_000);
const missing = await missingPrograms(nats);
const tlsFolder = join(import.meta.dirname, '../../support/tls');
const ca = readFileSync(join(tlsFolder, 'cert.pem'), 'utf8');
const login = { username: 'alice', password: 'secret' };
const users = 'authorization { users: [{ user: alice, password: secret }] }';
const secured = `tls { cert_file: "${join(tlsFolder, 'cert.pem')}", key_file: "${join(tlsFolder, 'broker.pem')}" }`;

function accessTo({ address }: NatsServer, more: Partial<BrokerAccess> = {}): BrokerAccess {
  const attach = [address];
  const cluster = nats.format.compile(nats.format.profile.parse({ broker: 'nats', attach }) as never);
  return { bootstrap: attach, nodes: [], cluster, clientId: 'mqchaos-test', ...more };
}

describe.skipIf(missing !== undefined)(`attached${missing === undefined ? '' : `: needs nats: ${missing}`}`, () => {
  test.each([
    ['by address alone', [], {}],
    ['with a login', [users], { login }],
    ['with TLS and a login', [users, secured], { login, tls: { ca } }],
  ] as const)('%s: everything works', async (_, lines, more) => {
    await using server = await startServer(...lines);
    const access = accessTo(server, more);
    const channel = { name: 'orders', groups: ['g1'], partitions: 1 };
    await using admin = await driver.admin(access);
    await admin.declare(channel, signal);
    expect(await admin.leaders('orders', signal)).toEqual([{ partition: 0, address: server.address }]);
    expect(await admin.lagging('orders', signal)).toEqual([]);
    expect(await admin.version(signal)).toMatch(/^nats-server \d+\.\d+\.\d+, servers: 1$/);
    await using producer = await driver.producer(access, {
      ...{ channel, acks: 'all', oneway: false, idempotent: false, timeoutMs: 5_000, signal },
    });
    expect(await producer.send(message(1))).toEqual({ outcome: 'acked', partition: 0, position: 1 });
    const stored: number[] = [];
    const reads = await driver.read?.(access, { channel, group: 'reader', signal }, ({ value }) => {
      stored.push(seqOf(value));
    });
    expect([stored, reads]).toEqual([[1], [{ partition: 0, from: 0, to: 2, complete: true }]]);
    await admin.remove('orders', signal);
    expect(await admin.drained('orders', 'g1', signal)).toMatchObject({ proven: false });
  });

  test.each([
    ['a wrong password', { login: { ...login, password: 'wrong' } }],
    ['no login', {}],
  ])('%s: exit 4, at once', async (_, more) => {
    await using server = await startServer(users);
    await expect(driver.admin(accessTo(server, more))).rejects.toMatchObject({
      ...{ code: 'broker-unreachable', exitCode: 4, hint: expect.stringContaining('cluster.login') },
    });
  });

  test('more replicas than servers: exit 4, with the key', async () => {
    await using server = await startServer();
    await using admin = await driver.admin(accessTo(server));
    const channel = { name: 'orders', groups: ['g1'], replication: 3 };
    await expect(admin.declare(channel, signal)).rejects.toMatchObject({
      ...{ exitCode: 4, hint: expect.stringContaining('topic.replication') },
    });
  });
});
