/**
 * A kafkajs client that can be ended. kafkajs waits for requests in flight when it disconnects, and some of its loops
 * reconnect on their own; so every socket is made here, and after `end` there are none and no new ones.
 *
 * kafkajs's own retries are off by default: what is retried, and how often, is for this tool to know.
 */
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type {
  ISocketFactory,
  ISocketFactoryArgs,
  Kafka,
  KafkaConfig,
  LogEntry,
  RetryOptions,
  SASLOptions,
} from 'kafkajs';
import { type BrokerAccess, pastLink } from '../../driver.ts';
import { watchHandshake } from './handshake.ts';
import { silenceNegativeTimeouts } from './warnings.ts';

export interface Client {
  readonly kafka: Kafka;
  readonly config: KafkaConfig & { readonly socketFactory: ISocketFactory };
  /** Destroys all sockets; from then on every connection attempt fails at once. */
  end(): void;
}

export interface ClientOptions {
  /** kafkajs gives up on one request after this. */
  readonly requestTimeoutMs: number;
  readonly retry?: RetryOptions;
  /** Sees each socket before kafkajs does. */
  readonly onSocket?: (socket: Socket) => void;
}

/** Of one TCP or TLS connection, in ms. */
export const connectTimeoutMs = 1_000;

const noRetry: RetryOptions = { retries: 0, initialRetryTime: 50, maxRetryTime: 200 };

export async function openClient(access: BrokerAccess, options: ClientOptions): Promise<Client> {
  silenceNegativeTimeouts();
  const { Kafka, logLevel } = await import('kafkajs');
  const sockets = new Set<Socket>();
  let ended = false;
  const debug = (process.env.MQCHAOS_DEBUG ?? '').includes('kafkajs');
  const config = {
    clientId: access.clientId,
    brokers: [...access.bootstrap],
    connectionTimeout: connectTimeoutMs,
    authenticationTimeout: 5_000,
    requestTimeout: options.requestTimeoutMs,
    retry: options.retry ?? noRetry,
    // What goes wrong is reported by our own outcomes; kafkajs prints each failed try, thousands while a broker is dead.
    logLevel: debug ? logLevel.DEBUG : logLevel.NOTHING,
    logCreator: () => (entry: LogEntry) => console.error('kafkajs', entry.label, entry.namespace, entry.log.message),
    socketFactory: (address: ISocketFactoryArgs) => {
      if (ended) throw new Error('the client was closed');
      const socket = openSocket(pastLinks(access, address));
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      watchHandshake(socket, connectTimeoutMs);
      options.onSocket?.(socket);
      return socket;
    },
    ...security(access),
  };
  return {
    kafka: new Kafka(config),
    config,
    end: () => {
      ended = true;
      // With an error, because kafkajs does not listen for `close`: its timers would keep the process alive.
      for (const socket of sockets) socket.destroy(new Error('the client was closed'));
    },
  };
}

function pastLinks(access: BrokerAccess, asked: ISocketFactoryArgs): ISocketFactoryArgs {
  const address = pastLink(access, `${asked.host}:${asked.port}`);
  const colon = address.lastIndexOf(':');
  return { ...asked, host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

function openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
  const socket = ssl
    ? connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
    : connect({ host, port }, onConnect);
  socket.setKeepAlive(true, 60_000);
  // Small requests in a pipeline: with Nagle's algorithm each would wait for the acknowledgement of the one before.
  socket.setNoDelay(true);
  return socket;
}

function security({ tls, sasl }: BrokerAccess): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(tls === undefined ? {} : { ssl: tlsOptions(tls) }),
    ...(sasl === undefined ? {} : { sasl: sasl as SASLOptions }),
  };
}

function tlsOptions({ ca, cert, key, servername }: NonNullable<BrokerAccess['tls']>): ConnectionOptions {
  return {
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
  };
}
