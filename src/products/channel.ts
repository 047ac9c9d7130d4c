/** What is sent to and consumed from: a topic, a stream, an exchange with its queues, whatever the product calls it. */
export interface Channel {
  readonly name: string;
  /** The groups of which each is to be given every message. All that a product keeps for a group must be made with it. */
  readonly groups: readonly string[];
  /** Absent: the product has no partitions. */
  readonly partitions?: number;
  /** Copies of each partition, where the profile says so; absent: the product's own rule. */
  readonly replication?: number;
  /** What the broker itself does with messages that are given back. Absent: they come again without end. */
  readonly redelivery?: ChannelRedelivery;
}

/** Redelivery by the broker. */
export interface ChannelRedelivery {
  /** After the first try. */
  readonly attempts: number;
  readonly delayMs: number;
  /** After the last try: to the group's dead letters, or dropped. */
  readonly deadLetter: boolean;
}
