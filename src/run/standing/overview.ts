/** What a cluster holds: topics with their ends, groups with their lag, put together from what each node says of itself. */

export interface Overview {
  readonly topics: readonly TopicOverview[];
  readonly groups: readonly GroupOverview[];
}

export interface TopicOverview {
  readonly topic: string;
  readonly partitions: readonly PartitionOverview[];
}

export interface PartitionOverview {
  readonly partition: number;
  /** The node that leads it. */
  readonly leader: string;
  /** The first offset that consumers see, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

export interface GroupOverview {
  readonly group: string;
  readonly coordinator: string;
  readonly state: string;
  readonly members: readonly { readonly id: string; readonly clientId: string; readonly host: string }[];
  readonly offsets: readonly GroupOffset[];
  /** Messages between what is committed and the ends, where both are known. */
  readonly lag: number;
  /** null: none since its coordinator began to coordinate it. */
  readonly lastCommitAgeMs: number | null;
}

interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  readonly committed: number;
  /** null: the leader does not answer. */
  readonly lag: number | null;
}

/** What a node answers to `status` (broker/node/status.ts). */
interface Said {
  readonly partitions?: readonly { topic: string; partition: number; start: number; end: number }[];
  readonly groups?: readonly {
    readonly group: string;
    readonly state: string;
    readonly members: GroupOverview['members'];
    readonly committed: readonly { topic: string; partition: number; offset: number }[];
    readonly lastCommitAgeMs: number | null;
  }[];
}

export function overviewOf(answers: readonly { readonly id: string; readonly said: object }[]): Overview {
  const topics = new Map<string, PartitionOverview[]>();
  for (const { id, said } of answers) {
    for (const { topic, ...partition } of (said as Said).partitions ?? []) {
      const known = topics.get(topic) ?? [];
      topics.set(topic, known);
      known.push({ ...partition, leader: id });
    }
  }
  for (const partitions of topics.values()) partitions.sort((a, b) => a.partition - b.partition);
  const endOf = (topic: string, partition: number): number | undefined =>
    topics.get(topic)?.find((one) => one.partition === partition)?.end;
  const groups = answers.flatMap(({ id, said }) =>
    ((said as Said).groups ?? []).map(({ committed, ...group }): GroupOverview => {
      const offsets = committed.map(({ topic, partition, offset }) => {
        const end = endOf(topic, partition);
        return { topic, partition, committed: offset, lag: end === undefined ? null : Math.max(0, end - offset) };
      });
      return { ...group, coordinator: id, offsets, lag: offsets.reduce((sum, { lag }) => sum + (lag ?? 0), 0) };
    }),
  );
  const byName = (a: string, b: string): number => (a < b ? -1 : 1);
  return {
    topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })).sort((a, b) => byName(a.topic, b.topic)),
    groups: groups.sort((a, b) => byName(a.group, b.group)),
  };
}
