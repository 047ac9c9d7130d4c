/** Which server leads each stream, by the address that clients know: streams name servers, which say who they are. */
import { connect } from 'node:net';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { BrokerAccess, Leader } from '../../driver.ts';
import { streamOf } from './names.ts';

const askMs = 1_000;

export class Leadership {
  readonly #access: BrokerAccess;
  /** Servers by their names. */
  readonly #addresses = new Map<string, string>();

  constructor(access: BrokerAccess) {
    this.#access = access;
    for (const { id, address } of access.cluster.attach === undefined ? access.nodes : []) {
      if (address !== undefined) this.#addresses.set(id, address);
    }
  }

  /** Partitions that nobody leads are not in it. */
  async of(manager: JetStreamManager, channel: string, partitions: readonly number[]): Promise<Leader[]> {
    const leaders: Leader[] = [];
    for (const partition of partitions) {
      const address = await this.#leads(await manager.streams.info(streamOf(channel, partition)));
      if (address !== undefined) leaders.push({ partition, address });
    }
    return leaders;
  }

  /** A server that is no cluster's leads whatever it has. */
  async #leads({ cluster }: StreamInfo): Promise<string | undefined> {
    const { bootstrap } = this.#access;
    if (cluster === undefined || cluster.name === undefined) return bootstrap[0];
    if (cluster.leader === undefined || cluster.leader === '') return undefined;
    if (!this.#addresses.has(cluster.leader)) await this.#askNames();
    return this.#addresses.get(cluster.leader);
  }

  async #askNames(): Promise<void> {
    const { bootstrap, cluster } = this.#access;
    const known = new Set([...(cluster.control ?? []).map(({ address }) => address), ...bootstrap]);
    for (const address of known) {
      const info = await serverInfo(address);
      if (info !== undefined) this.#addresses.set(info.server_name, address);
    }
  }
}

export interface ServerInfo {
  readonly server_name: string;
  readonly version: string;
  readonly git_commit?: string;
}

/** The first line that a server sends to whoever connects, before any login and in the clear. */
export function serverInfo(address: string): Promise<ServerInfo | undefined> {
  const colon = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, colon).replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1))];
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let said = '';
    const end = (info: ServerInfo | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(info);
    };
    const timer = setTimeout(() => end(undefined), askMs);
    socket.on('error', () => end(undefined));
    socket.on('close', () => end(undefined));
    socket.setEncoding('utf8').on('data', (part: string) => {
      said += part;
      const line = /^INFO\s+(\{.*\})\s*\r\n/i.exec(said)?.[1];
      if (line !== undefined) end(JSON.parse(line) as ServerInfo);
    });
  });
}
