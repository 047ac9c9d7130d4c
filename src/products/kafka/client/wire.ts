/**
 * Single questions to brokers: who leads, where partitions begin and end, what a group has committed, what the log holds.
 * kafkajs's public interface has no Fetch without a consumer group, and it refuses a whole Metadata answer in which one
 * partition has no leader; so the error codes of each answer are read here.
 */

import { throwIfAborted } from '../../../wait.ts';
import type { BrokerAccess } from '../../driver.ts';
import { type Client, openClient } from './client.ts';
import { Requests } from './requests.ts';

export interface Metadata {
  readonly topicError: number;
  readonly cluster?: string;
  /** Broker that makes topics. */
  readonly controller?: string;
  readonly brokers: readonly { readonly id: number; readonly address: string }[];
  /** In order; `address` is undefined where nobody leads. */
  readonly partitions: readonly {
    readonly partition: number;
    readonly leader: number;
    readonly address?: string;
    /** Copies that are not in sync with the leader. */
    readonly behind: number;
  }[];
}

export interface PartitionOffset {
  readonly partition: number;
  readonly offset: number;
  readonly error: number;
}

export interface LogRecord {
  readonly offset: string;
  readonly value: Buffer | null;
  readonly key?: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer | Buffer[] | undefined>>;
  readonly isControlRecord?: boolean;
  readonly batchContext?: { readonly partitionLeaderEpoch?: number };
}

export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly messages: readonly LogRecord[];
}

export const earliest = -2;
export const latest = -1;

const fetchWaitMs = 250;
const fetchBytes = 4 << 20;
const readUncommitted = 0;
/** The broker's own default.replication.factor (KIP-464). */
const brokerDefault = -1;
const noAnswer = -1;
/** Retention and compaction must take nothing of what is audited, whatever the cluster's defaults are. */
const keepEverything = [
  { name: 'cleanup.policy', value: 'delete' },
  { name: 'retention.ms', value: '-1' },
  { name: 'retention.bytes', value: '-1' },
];

export async function openWire(access: BrokerAccess, requestTimeoutMs: number): Promise<Wire> {
  return new Wire(access.bootstrap, await openClient(access, { requestTimeoutMs }), requestTimeoutMs);
}

/** A topic that is to be made. */
export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  /** Copies of each partition; absent: as the brokers are set. */
  readonly replication?: number;
}

export class Wire {
  readonly #bootstrap: readonly string[];
  readonly #requests: Requests;
  readonly #requestTimeoutMs: number;
  #known: readonly string[] = [];

  constructor(bootstrap: readonly string[], client: Client, requestTimeoutMs: number) {
    this.#bootstrap = bootstrap;
    this.#requests = new Requests(client, requestTimeoutMs);
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  /** The first broker that answers. */
  async metadata(topic: string, signal?: AbortSignal): Promise<Metadata> {
    const metadata = readMetadata(await this.#metadata([topic], signal), topic);
    this.#known = metadata.brokers.map((broker) => broker.address);
    return metadata;
  }

  /** Names of all topics. */
  async topics(signal?: AbortSignal): Promise<readonly string[]> {
    const { topicMetadata } = await this.#metadata([], signal); // none asked for: all
    return topicMetadata.map(({ topic }) => topic);
  }

  async #metadata(topics: readonly string[], signal: AbortSignal | undefined): Promise<RawMetadata> {
    let failure: unknown = new Error('no broker address is known');
    for (const address of new Set([...this.#bootstrap, ...this.#known])) {
      throwIfAborted(signal);
      try {
        const request = { topics, allowAutoTopicCreation: false };
        return await this.#requests.ask<RawMetadata>(address, 'Metadata', request, signal);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** Error code of the answer; 0 is success. */
  async createTopic(
    controller: string,
    { topic, partitions, replication }: TopicSpec,
    signal?: AbortSignal,
  ): Promise<number> {
    const described = { topic, numPartitions: partitions, replicationFactor: replication ?? brokerDefault };
    const topics = [{ ...described, configEntries: keepEverything }];
    const request = { topics, validateOnly: false, timeout: this.#requestTimeoutMs };
    const answer = await this.#requests.ask<{ topicErrors: { errorCode: number }[] }>(
      controller,
      'CreateTopics',
      request,
      signal,
    );
    return answer.topicErrors[0]?.errorCode ?? noAnswer;
  }

  async deleteTopic(controller: string, topic: string, signal?: AbortSignal): Promise<number> {
    const request = { topics: [topic], timeout: this.#requestTimeoutMs };
    const answer = await this.#requests.ask<{ topicErrors: { errorCode: number }[] }>(
      controller,
      'DeleteTopics',
      request,
      signal,
    );
    return answer.topicErrors[0]?.errorCode ?? noAnswer;
  }

  async deleteGroup(group: string, signal?: AbortSignal): Promise<number> {
    const coordinator = await this.#coordinator(group, signal);
    const answer = await this.#requests.ask<{ results: { errorCode: number }[] }>(
      coordinator,
      'DeleteGroups',
      [group],
      signal,
    );
    return answer.results[0]?.errorCode ?? noAnswer;
  }

  /** Highest version that a broker serves of each request, by API key. */
  async apiVersions(address: string, signal?: AbortSignal): Promise<ReadonlyMap<number, number>> {
    const answer = await this.#requests.ask<RawVersions>(address, 'ApiVersions', {}, signal);
    return new Map(answer.apiVersions.map(({ apiKey, maxVersion }) => [apiKey, maxVersion]));
  }

  /** First (`earliest`) or next (`latest`) position of partitions that one broker leads. */
  async offsets(
    address: string,
    topic: string,
    partitions: readonly number[],
    timestamp: typeof earliest | typeof latest,
    signal?: AbortSignal,
  ): Promise<readonly PartitionOffset[]> {
    const topics = [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }];
    const request = { isolationLevel: readUncommitted, topics };
    const { responses } = await this.#requests.ask<RawOffsets>(address, 'ListOffsets', request, signal);
    return responses.flatMap((response) => response.partitions).map(readOffset);
  }

  /** What a group has committed; -1 where it has committed nothing. Throws with the error code's name in the message. */
  async committed(
    group: string,
    topic: string,
    partitions: readonly number[],
    signal?: AbortSignal,
  ): Promise<readonly PartitionOffset[]> {
    const coordinator = await this.#coordinator(group, signal);
    const topics = [{ topic, partitions: partitions.map((partition) => ({ partition })) }];
    const answer = await this.#requests.ask<RawOffsets>(coordinator, 'OffsetFetch', { groupId: group, topics }, signal);
    if ((answer.errorCode ?? 0) !== 0)
      throw new Error(`the group's coordinator answered with error ${answer.errorCode}`);
    return answer.responses.flatMap((response) => response.partitions).map(readOffset);
  }

  /** What the log holds from given positions on, of partitions that one broker leads; whole batches, so maybe from before. */
  async fetch(
    address: string,
    topic: string,
    positions: readonly { readonly partition: number; readonly position: number }[],
    signal?: AbortSignal,
  ): Promise<readonly FetchedPartition[]> {
    const partitions = positions.map(({ partition, position }) => ({
      partition,
      fetchOffset: String(position),
      maxBytes: fetchBytes,
    }));
    const request = {
      isolationLevel: readUncommitted,
      maxWaitTime: fetchWaitMs,
      minBytes: 1,
      maxBytes: fetchBytes,
      rackId: '',
      topics: [{ topic, partitions }],
    };
    const { responses } = await this.#requests.ask<{ responses: { partitions: FetchedPartition[] }[] }>(
      address,
      'Fetch',
      request,
      signal,
    );
    return responses.flatMap((response) => response.partitions);
  }

  end(): void {
    this.#requests.end();
  }

  async #coordinator(group: string, signal?: AbortSignal): Promise<string> {
    const [first] = this.#known.length > 0 ? this.#known : this.#bootstrap;
    const request = { groupId: group, coordinatorType: 0 };
    let failure = 'no broker address is known';
    for (const address of new Set([first, ...this.#known, ...this.#bootstrap])) {
      if (address === undefined) continue;
      throwIfAborted(signal);
      try {
        const answer = await this.#requests.ask<RawCoordinator>(address, 'GroupCoordinator', request, signal);
        if (answer.errorCode === 0) return `${answer.coordinator.host}:${answer.coordinator.port}`;
        failure = `no coordinator for the group (error ${answer.errorCode})`;
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
      }
    }
    throw new Error(failure);
  }
}

interface RawMetadata {
  readonly clusterId?: string | null;
  readonly controllerId?: number;
  readonly brokers: readonly { nodeId: number; host: string; port: number }[];
  readonly topicMetadata: readonly {
    topicErrorCode: number;
    topic: string;
    partitionMetadata: readonly {
      partitionId: number;
      leader: number;
      replicas: readonly number[];
      isr: readonly number[];
    }[];
  }[];
}

interface RawOffset {
  readonly partition: number;
  readonly errorCode: number;
  readonly offset?: string;
  readonly offsets?: readonly string[];
}

interface RawOffsets {
  readonly errorCode?: number;
  readonly responses: readonly { partitions: readonly RawOffset[] }[];
}

interface RawVersions {
  readonly apiVersions: readonly { apiKey: number; maxVersion: number }[];
}

interface RawCoordinator {
  readonly errorCode: number;
  readonly coordinator: { host: string; port: number };
}

function readMetadata(raw: RawMetadata, topic: string): Metadata {
  const brokers = raw.brokers.map(({ nodeId, host, port }) => ({ id: nodeId, address: `${host}:${port}` }));
  const addresses = new Map(brokers.map(({ id, address }) => [id, address]));
  const described = raw.topicMetadata.find((candidate) => candidate.topic === topic);
  const partitions = (described?.partitionMetadata ?? []).map(({ partitionId, leader, replicas, isr }) => {
    const address = addresses.get(leader);
    const behind = replicas.filter((id) => !isr.includes(id)).length;
    return { partition: partitionId, leader, behind, ...(address === undefined ? {} : { address }) };
  });
  const controller = raw.controllerId === undefined ? undefined : addresses.get(raw.controllerId);
  return {
    ...(raw.clusterId ? { cluster: raw.clusterId } : {}),
    ...(controller === undefined ? {} : { controller }),
    // 3: unknown topic.
    topicError: described?.topicErrorCode ?? 3,
    brokers,
    partitions: partitions.sort((a, b) => a.partition - b.partition),
  };
}

function readOffset({ partition, errorCode, offset, offsets }: RawOffset): PartitionOffset {
  return { partition, offset: Number(offset ?? offsets?.[0] ?? -1), error: errorCode };
}
