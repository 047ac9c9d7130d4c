/** How a topic id is called, asked of a real node; and of one that does not answer. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { frame } from '../../../../src/broker/wire/frame.ts';
import { decodeResponse, encodeRequest } from '../../../../src/broker/wire/message.ts';
import { metadata } from '../../../../src/products/kafka/wire/apis.ts';
import { NameAsker } from '../../../../src/products/kafka/wire/ask.ts';
import { TopicNames } from '../../../../src/products/kafka/wire/topic-names.ts';
import { createTopic, TestCluster } from '../../../broker/support/nodes.ts';

const host = '127.0.0.1';

test('the node says it, and what it does not know is not asked again at once', async () => {
  await using cluster = await TestCluster.start(1);
  const [{ address } = { address: '' }] = cluster.masters;
  const port = Number(address.split(':')[1]);
  await createTopic(new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }), 'orders', 1);
  const [topic] = (await metadataOf(port, 'orders')).topics;
  const topicId = String(topic?.topicId);
  const names = new TopicNames();
  const asker = new NameAsker(names, { host, port });
  const nobodys = 'f'.repeat(32);
  await Promise.all([asker.ask([topicId, nobodys]), asker.ask([topicId])]);
  expect([topicId, nobodys].map((id) => names.nameOf({ topicId: id }))).toEqual(['orders', undefined]);
  expect(asker.ask([nobodys])).toBeUndefined();
});

test('a node that ends the connection leaves the names as they are', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).destroy()).listen(0, host);
  await once(server, 'listening');
  const names = new TopicNames();
  const topicId = '1'.repeat(32);
  await new NameAsker(names, { host, port: (server.address() as AddressInfo).port }).ask([topicId]);
  expect(names.nameOf({ topicId })).toBeUndefined();
  server.close();
});

async function metadataOf(port: number, name: string) {
  const socket = connect(port, host);
  const request = { ...metadata.request.zero, topics: [{ topicId: '0'.repeat(32), name }] };
  socket.write(frame(encodeRequest(metadata, { version: 12, correlationId: 1, clientId: 'test' }, request)));
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return decodeResponse(metadata, 12, answer.subarray(4))[1];
}
