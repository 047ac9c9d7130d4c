/** One AMQP connection that can be ended at once. amqplib's promises are never awaited without a deadline of ours. */
import type { Duplex } from 'node:stream';
import type { ChannelModel, Options } from 'amqplib';
import { noAbort, within } from '../../../wait.ts';
import type { BrokerAccess } from '../../driver.ts';
import type { RabbitmqPlan } from '../settings.ts';

export interface Connection {
  readonly model: ChannelModel;
  /** The node's own words: product, version, platform. */
  readonly server: Readonly<Record<string, unknown>>;
  readonly stream: Duplex;
  /** Aborted when the connection is gone, for whatever reason. */
  readonly lost: AbortSignal;
  /** Says goodbye if that can be done at once; ends in any case. */
  close(): Promise<void>;
  /** Cuts it. */
  destroy(): void;
}

/** A silent node counts as gone after two intervals; the broker pauses its own count while it blocks a publisher. */
const heartbeatSeconds = 3;
const connectMs = 3_000;
const goodbyeMs = 500;

interface Inner {
  readonly stream: Duplex;
  readonly serverProperties: Readonly<Record<string, unknown>>;
}

/** @throws Error when the node does not answer in time, or refuses. */
export async function connectTo(
  address: string,
  access: BrokerAccess,
  signal: AbortSignal,
  boundMs = connectMs,
): Promise<Connection> {
  const { connect } = await import('amqplib');
  const opening = connect(urlOf(address, access), {
    ...tlsOf(access),
    noDelay: true,
    timeout: boundMs,
    clientProperties: { connection_name: access.clientId },
  });
  try {
    return held(await within(opening, { what: `connect to ${address}`, boundMs, signal }));
  } catch (error) {
    // It may still come: nobody wants it any more.
    opening.then((late) => held(late).destroy()).catch(() => undefined);
    throw error;
  }
}

/** Tries all nodes once, beginning with this one of them. @throws the last error. */
export async function connectToAny(access: BrokerAccess, first: number, signal: AbortSignal): Promise<Connection> {
  const { bootstrap } = access;
  let failure: unknown = new Error('there is no address to connect to');
  for (let i = 0; i < bootstrap.length && !signal.aborted; i += 1) {
    const address = bootstrap[(first + i) % bootstrap.length] as string;
    try {
      return await connectTo(address, access, signal);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Which node this process begins with: workers that start together are numbered one after the other. */
export function firstPlace(): number {
  return process.pid;
}

function urlOf(address: string, { cluster, tls, login }: BrokerAccess): Options.Connect {
  const colon = address.lastIndexOf(':');
  return {
    protocol: `amqp${tls === undefined ? '' : 's'}`,
    hostname: address.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(colon + 1)),
    vhost: (cluster as RabbitmqPlan).vhost ?? '/',
    heartbeat: heartbeatSeconds,
    ...(login === undefined ? {} : { username: login.username, password: login.password }),
  };
}

function tlsOf({ tls }: BrokerAccess): Record<string, unknown> {
  if (tls === undefined) return {};
  const { ca, ...rest } = tls;
  return { ...rest, ...(ca === undefined ? {} : { ca: [ca] }) };
}

function held(model: ChannelModel): Connection {
  const { stream, serverProperties } = model.connection as unknown as Inner;
  const lost = new AbortController();
  const gone = (): void => lost.abort();
  model.on('error', gone);
  model.on('close', gone);
  stream.on('close', gone);
  // amqplib does not listen once it has given up
  stream.on('error', gone);
  const destroy = (): void => {
    gone();
    // with an error, because amqplib does not listen for `close`: its heartbeats would go on
    stream.destroy(new Error('the connection was ended'));
  };
  return {
    model,
    server: serverProperties,
    stream,
    lost: lost.signal,
    destroy,
    close: async () => {
      if (!lost.signal.aborted) {
        const goodbye = Promise.resolve().then(() => model.close());
        await within(goodbye, { what: 'close', boundMs: goodbyeMs, signal: noAbort }).catch(() => undefined);
      }
      destroy();
    },
  };
}
