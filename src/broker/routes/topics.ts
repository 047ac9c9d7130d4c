import { code } from '../wire/codes.ts';
import type { ClusterRoutes, Configs, TopicRoute } from './routes.ts';

/*
 * The changes that the list of topics can undergo. Every function returns the routes as they are afterwards, and the same
 * object if nothing has changed.
 */

/** Why something was not done, by Kafka's error code. */
export interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string;
}

export interface AskedTopic {
  readonly name: string;
  readonly partitionCount: number;
  readonly configs: Configs;
}

/**
 * How much a cluster takes: every change of the routes is written, and sent to every node, as a whole. A single topic has
 * at most as many partitions as Kafka makes in one request.
 */
export const limits = {
  topics: 20_000,
  partitions: 100_000,
  partitionsOfTopic: 10_000,
  routesChars: 32_000_000,
} as const;

/**
 * Adds a topic, unless there is one of that name or the cluster would have too many. Spreads its partitions round robin over
 * `sets`; the number of topics decides which set is the first.
 */
export function added(
  routes: ClusterRoutes,
  { name, partitionCount, configs }: AskedTopic,
  sets: readonly number[],
  id: string,
): { readonly routes: ClusterRoutes; readonly topic: TopicRoute } | Refusal {
  const refusal = refuseName(name) ?? refuseCount(partitionCount);
  if (refusal !== undefined) return refusal;
  if (routes.topics.some((topic) => topic.name === name)) {
    return { errorCode: code.TOPIC_ALREADY_EXISTS, errorMessage: `topic ${name} exists already` };
  }
  const tooMany = refuseGrowth(routes, 1, partitionCount);
  if (tooMany !== undefined) return tooMany;
  const topic = { name, id, sets: spread(sets, routes.topics.length, partitionCount), configs };
  return { routes: { ...routes, topics: [...routes.topics, topic] }, topic };
}

export function removed(routes: ClusterRoutes, name: string): ClusterRoutes | Refusal {
  const topic = routes.topics.find((one) => one.name === name);
  if (topic === undefined) return unknownTopic;
  const topics = routes.topics.filter((one) => one !== topic);
  return { ...routes, topics, deletedTopicIds: [...routes.deletedTopicIds, topic.id] };
}

/** Gives a topic more partitions, so that it has `count`. They go on round robin where the others ended. */
export function extended(
  routes: ClusterRoutes,
  name: string,
  count: number,
  sets: readonly number[],
): ClusterRoutes | Refusal {
  const topic = routes.topics.find((one) => one.name === name);
  if (topic === undefined) return unknownTopic;
  const more = count - topic.sets.length;
  if (more < 1) {
    const errorMessage = `the topic has ${topic.sets.length} partitions already`;
    return { errorCode: code.INVALID_PARTITIONS, errorMessage };
  }
  const refusal = refuseCount(count) ?? refuseGrowth(routes, 0, more);
  if (refusal !== undefined) return refusal;
  const start = routes.topics.indexOf(topic) + topic.sets.length;
  return replaced(routes, { ...topic, sets: [...topic.sets, ...spread(sets, start, more)] });
}

export function configured(routes: ClusterRoutes, name: string, configs: Configs): ClusterRoutes | Refusal {
  const topic = routes.topics.find((one) => one.name === name);
  return topic === undefined ? unknownTopic : replaced(routes, { ...topic, configs });
}

function replaced(routes: ClusterRoutes, topic: TopicRoute): ClusterRoutes {
  return { ...routes, topics: routes.topics.map((one) => (one.id === topic.id ? topic : one)) };
}

const unknownTopic: Refusal = { errorCode: code.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: 'no such topic' };

function spread(sets: readonly number[], start: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => sets[(start + index) % sets.length] ?? -1);
}

function refuseName(name: string): Refusal | undefined {
  if (/^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..') return undefined;
  const errorMessage = 'a topic name has 1 to 249 of a-z A-Z 0-9 . _ - and is neither . nor ..';
  return { errorCode: code.INVALID_TOPIC_EXCEPTION, errorMessage };
}

function refuseCount(count: number): Refusal | undefined {
  if (count < 1) return { errorCode: code.INVALID_PARTITIONS, errorMessage: 'a topic has at least one partition' };
  if (count <= limits.partitionsOfTopic) return undefined;
  const errorMessage = `a topic has at most ${limits.partitionsOfTopic} partitions`;
  return { errorCode: code.POLICY_VIOLATION, errorMessage };
}

function refuseGrowth({ topics }: ClusterRoutes, moreTopics: number, morePartitions: number): Refusal | undefined {
  const partitions = topics.reduce((sum, { sets }) => sum + sets.length, morePartitions);
  if (topics.length + moreTopics <= limits.topics && partitions <= limits.partitions) return undefined;
  const errorMessage = `this cluster takes ${limits.topics} topics and ${limits.partitions} partitions`;
  return { errorCode: code.POLICY_VIOLATION, errorMessage };
}
