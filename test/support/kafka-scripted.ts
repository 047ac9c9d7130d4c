/**
 * A scripted broker: speaks just enough of the Kafka protocol, in raw frames, for a kafkajs producer, and does with each
 * Produce request what a test says. Real brokers cannot be made to answer each error code on demand.
 */
import { createServer, type Socket } from 'node:net';
import { envelopeMagic } from '../../src/products/envelope.ts';

export interface ProduceRequest {
  readonly seq: number;
  readonly attempt: number;
  /** Answers with an error code; 0 is success. Nothing is sent where the client asked for no acknowledgement. */
  answer(code: number, offset?: number): void;
  readonly socket: Socket;
}

export interface ScriptedBroker extends AsyncDisposable {
  readonly bootstrap: string;
  /** Every Produce request, in order of arrival. */
  readonly produced: readonly ProduceRequest[];
  /** Connections from now on are refused; existing ones are kept. */
  stopListening(): void;
  /** Error code of the topic in answers to Metadata. */
  topicError: number;
  /** The address that it tells clients to connect to; its own to begin with. */
  advertised: { readonly host: string; readonly port: number };
  /** No requests are answered, only kept, until set to false again. */
  deaf: boolean;
}

const topicPartitions = 2;

export async function scriptedBroker(
  topic: string,
  onProduce: (request: ProduceRequest) => void,
): Promise<ScriptedBroker> {
  const sockets = new Set<Socket>();
  const produced: ProduceRequest[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let held = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
        const frame = held.subarray(4, 4 + held.readInt32BE(0));
        held = held.subarray(4 + frame.length);
        if (!broker.deaf) answer(frame, socket);
      }
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as { port: number };

  function answer(frame: Buffer, socket: Socket): void {
    const correlation = frame.readInt32BE(4);
    const reply = (...parts: Buffer[]): void => send(socket, correlation, parts);
    const bodyAt = 10 + frame.readInt16BE(8);
    switch (frame.readInt16BE(0)) {
      case 18:
        return reply(
          i16(0),
          list(
            [
              [0, 7],
              [3, 1],
              [18, 0],
              [22, 0],
            ].map(([key, max]) => Buffer.concat([i16(key!), i16(0), i16(max!)])),
          ),
        );
      case 3:
        return reply(metadata(topic, broker.advertised, broker.topicError));
      case 22:
        return reply(i32(0), i16(0), i64(4711), i16(0));
      case 0: {
        const identityAt = frame.indexOf(envelopeMagic);
        const acks = frame.readInt16BE(bodyAt + 2);
        const partition = frame.readInt32BE(bodyAt + 16 + topic.length + 2);
        const request: ProduceRequest = {
          seq: frame.readUInt32LE(identityAt + 16),
          attempt: frame.readUInt16LE(identityAt + 14),
          socket,
          answer: (code, offset = produced.length) => {
            if (acks !== 0)
              reply(list([Buffer.concat([text(topic), list([partitionAnswer(partition, code, offset)])])]), i32(0));
          },
        };
        produced.push(request);
        return onProduce(request);
      }
    }
  }

  const broker: ScriptedBroker = {
    bootstrap: `127.0.0.1:${port}`,
    produced,
    topicError: 0,
    advertised: { host: '127.0.0.1', port },
    deaf: false,
    // Not awaited: `close` waits for the connections, but the port refuses at once.
    stopListening: () => {
      if (server.listening) server.close();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      broker.stopListening();
    },
  };
  return broker;
}

function metadata(topic: string, { host, port }: ScriptedBroker['advertised'], topicError: number): Buffer {
  const partitions = Array.from({ length: topicPartitions }, (_, id) =>
    Buffer.concat([i16(0), i32(id), i32(1), list([i32(1)]), list([i32(1)])]),
  );
  const broker = Buffer.concat([i32(1), text(host), i32(port), i16(-1)]);
  const described = Buffer.concat([
    i16(topicError),
    text(topic),
    Buffer.from([0]),
    list(topicError === 0 ? partitions : []),
  ]);
  return Buffer.concat([list([broker]), i32(1), list([described])]);
}

/** Produce v7: error, base offset, append time, start offset. */
function partitionAnswer(partition: number, code: number, offset: number): Buffer {
  return Buffer.concat([i32(partition), i16(code), i64(code === 0 ? offset : -1), i64(-1), i64(0)]);
}

function send(socket: Socket, correlation: number, parts: readonly Buffer[]): void {
  const body = Buffer.concat([i32(correlation), ...parts]);
  socket.write(Buffer.concat([i32(body.length), body]));
}

function i16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function i64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([i16(value.length), Buffer.from(value)]);
}

function list(items: readonly Buffer[]): Buffer {
  return Buffer.concat([i32(items.length), ...items]);
}
