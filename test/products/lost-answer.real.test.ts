/** The answer to CreateTopics is lost: whether a topic that exists then is ours depends on who may have made it. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { freePorts } from '../../src/cluster/ports.ts';
import { channelOf } from '../support/access.ts';
import { subjects } from './conformance/subjects.ts';

const signal = AbortSignal.timeout(300_000);
const createTopicsKey = 19;
const host = '127.0.0.1';

/** Before a CreateTopics request is passed on; whether its answer is passed back. */
type OnCreate = (count: number) => Promise<'answered' | 'lost'>;

describe.each(subjects)('$driver.name', ({ driver, missing, start }) => {
  if (missing !== undefined) {
    test.skip(`needs ${driver.name}: ${missing}`, () => {});
    return;
  }

  test('a topic that an earlier request of ours may have made is ours; one that was there first is not', async () => {
    await using running = await start();
    let creates = 0;
    let onCreate: OnCreate = async (count) => (count === 1 ? 'lost' : 'answered');
    await using between = await proxies(running.access.bootstrap, () => {
      creates += 1;
      return onCreate(creates);
    });
    await using admin = await driver.admin({ ...running.access, bootstrap: between.addresses });

    await admin.declare(channelOf('ours', 2), signal);
    expect(creates).toBe(2);
    expect(await admin.leaders('ours', signal)).toHaveLength(2);

    onCreate = async () => {
      await using other = await driver.admin(running.access);
      await other.declare(channelOf('theirs', 1), signal);
      return 'answered';
    };
    const refused = admin.declare(channelOf('theirs', 1), signal);
    await expect(refused).rejects.toMatchObject({ code: 'channel-exists', exitCode: 4 });
    expect(creates).toBe(3);
  });
});

/** One for each broker; brokers are told to be where their proxies are. */
async function proxies(addresses: readonly string[], onCreate: () => Promise<'answered' | 'lost'>) {
  const brokers = addresses.map((address) => Number(address.split(':')[1]));
  const ports = await freePorts(brokers.length);
  const sockets = new Set<Socket>();
  const advertised = brokers.map((broker, index) => [endpoint(broker), endpoint(ports[index]!)] as const);
  const servers = await Promise.all(
    brokers.map((broker, index) => listen(ports[index]!, (client) => join(client, broker))),
  );

  function join(client: Socket, broker: number): void {
    const server = connect(broker, host);
    let lost = false;
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        server.destroy();
      });
    }
    let passing = Promise.resolve();
    client.on('data', (request) => {
      passing = passing.then(async () => {
        if (request.readInt16BE(4) === createTopicsKey) lost = (await onCreate()) === 'lost';
        server.write(request);
      });
    });
    server.on('data', (answer) => {
      if (lost) {
        client.destroy();
        return;
      }
      for (const [from, to] of advertised) {
        for (let at = answer.indexOf(from); at !== -1; at = answer.indexOf(from, at + 1)) to.copy(answer, at);
      }
      client.write(answer);
    });
  }

  return {
    addresses: servers.map((server) => `${host}:${(server.address() as AddressInfo).port}`),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}

function listen(port: number, onClient: (client: Socket) => void): Promise<Server> {
  const server = createServer(onClient);
  return new Promise((ready) => server.listen(port, host, () => ready(server)));
}

/** As answers to Metadata name a broker. */
function endpoint(port: number): Buffer {
  const bytes = Buffer.alloc(host.length + 4);
  bytes.write(host);
  bytes.writeInt32BE(port, host.length);
  return bytes;
}
