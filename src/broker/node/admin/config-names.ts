/** Kafka's types of values (DescribeConfigs 3+), what each accepts, and what Kafka says of other values (ConfigDef). */
const types = {
  boolean: {
    number: 1,
    accepts: (text: string) => text === 'true' || text === 'false',
    otherwise: 'Expected value to be either true or false',
  },
  string: { number: 2, accepts: (text: string) => text !== '', otherwise: 'String must be non-empty' },
  int: { number: 3, accepts: isWhole, otherwise: 'Not a number of type INT' },
  long: { number: 5, accepts: isWhole, otherwise: 'Not a number of type LONG' },
  double: {
    number: 6,
    accepts: (text: string) => text !== '' && Number.isFinite(Number(text)),
    otherwise: 'Not a number of type DOUBLE',
  },
  list: { number: 7, accepts: () => true, otherwise: 'Expected a comma separated list' },
} as const;

function isWhole(text: string): boolean {
  return /^-?\d{1,19}$/.test(text);
}

export interface KnownConfig {
  readonly type: (typeof types)[keyof typeof types];
  /** What holds here if nobody says otherwise; undefined: it does not apply here, and is not described. */
  readonly fallback: string | undefined;
  readonly choices?: readonly string[];
}

function config(type: keyof typeof types, fallback?: string, choices?: readonly string[]): KnownConfig {
  return { type: types[type], fallback, ...(choices === undefined ? {} : { choices }) };
}

/**
 * The configs of a topic that Kafka 4.3 knows (org.apache.kafka.common.config.TopicConfig). The defaults say how this
 * broker is, which is not always Kafka's default: nothing is ever deleted.
 */
export const topicConfigs: Readonly<Record<string, KnownConfig>> = {
  'cleanup.policy': config('list', 'delete', ['delete', 'compact']),
  'compression.gzip.level': config('int'),
  'compression.lz4.level': config('int'),
  'compression.type': config('string', 'producer', ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']),
  'compression.zstd.level': config('int'),
  'delete.retention.ms': config('long', '86400000'),
  'file.delete.delay.ms': config('long', '60000'),
  'flush.messages': config('long', '9223372036854775807'),
  'flush.ms': config('long', '9223372036854775807'),
  'follower.replication.throttled.replicas': config('list'),
  'index.interval.bytes': config('int'),
  'leader.replication.throttled.replicas': config('list'),
  'local.retention.bytes': config('long'),
  'local.retention.ms': config('long'),
  'max.compaction.lag.ms': config('long', '9223372036854775807'),
  'max.message.bytes': config('int', ''),
  'message.timestamp.after.max.ms': config('long', '9223372036854775807'),
  'message.timestamp.before.max.ms': config('long', '9223372036854775807'),
  'message.timestamp.type': config('string', 'CreateTime', ['CreateTime', 'LogAppendTime']),
  'min.cleanable.dirty.ratio': config('double', '0.5'),
  'min.compaction.lag.ms': config('long', '0'),
  'min.insync.replicas': config('int', ''),
  preallocate: config('boolean', 'false'),
  'remote.copy.lag.bytes': config('long'),
  'remote.copy.lag.ms': config('long'),
  'remote.log.copy.disable': config('boolean'),
  'remote.log.delete.on.disable': config('boolean'),
  'remote.storage.enable': config('boolean', 'false'),
  'retention.bytes': config('long', '-1'),
  'retention.ms': config('long', '-1'),
  'segment.bytes': config('int', ''),
  'segment.index.bytes': config('int'),
  'segment.jitter.ms': config('long'),
  'segment.ms': config('long'),
  'unclean.leader.election.enable': config('boolean'),
};

/** Why a value is none for a config of a topic; undefined: it is. */
export function refuseValue(name: string, value: string): string | undefined {
  const known = Object.hasOwn(topicConfigs, name) ? topicConfigs[name] : undefined;
  if (known === undefined) return `Unknown topic config name: ${name.slice(0, 200)}`;
  const parts = known.type === types.list && known.choices !== undefined ? value.split(',') : [value];
  const fits = parts.every((part) => known.type.accepts(part.trim()) && (known.choices?.includes(part.trim()) ?? true));
  if (fits) return undefined;
  const why = known.choices === undefined ? known.type.otherwise : `String must be one of: ${known.choices.join(', ')}`;
  return `Invalid value ${value.slice(0, 200)} for configuration ${name}: ${why}`;
}
