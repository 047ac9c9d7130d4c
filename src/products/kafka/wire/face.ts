/** What links can read of the protocol, by name: without the tables that reading takes. */
import { code } from '../../../broker/wire/codes.ts';
import { didYouMean } from '../../../suggest.ts';
import type { Wired, WireFace } from '../../product.ts';
import { produceErrors } from '../client/errors.ts';

/** By key, as Kafka calls them, in the spelling of profiles (org.apache.kafka.common.protocol.ApiKeys). */
const names: Readonly<Record<number, string>> = {
  0: 'produce',
  1: 'fetch',
  2: 'list-offsets',
  3: 'metadata',
  8: 'offset-commit',
  9: 'offset-fetch',
  10: 'find-coordinator',
  11: 'join-group',
  12: 'heartbeat',
  13: 'leave-group',
  14: 'sync-group',
  15: 'describe-groups',
  16: 'list-groups',
  17: 'sasl-handshake',
  18: 'api-versions',
  19: 'create-topics',
  20: 'delete-topics',
  21: 'delete-records',
  22: 'init-producer-id',
  23: 'offset-for-leader-epoch',
  24: 'add-partitions-to-txn',
  25: 'add-offsets-to-txn',
  26: 'end-txn',
  28: 'txn-offset-commit',
  32: 'describe-configs',
  36: 'sasl-authenticate',
  42: 'delete-groups',
  47: 'offset-delete',
  60: 'describe-cluster',
  61: 'describe-producers',
  68: 'consumer-group-heartbeat',
  69: 'consumer-group-describe',
};

const apiNames: readonly string[] = Object.values(names);

export function apiName(key: number): string {
  return names[key] ?? `api-${key}`;
}

/** Requests that name partitions, so that a rule may be about one of them. */
const byPartition = ['produce', 'fetch', 'list-offsets', 'metadata', 'offset-commit'];

/** Requests that can be answered with an error: for each partition, or as a whole. */
const fallible: readonly string[] = [
  ...['produce', 'fetch', 'list-offsets', 'offset-commit'],
  ...['find-coordinator', 'join-group', 'heartbeat', 'leave-group', 'sync-group', 'init-producer-id'],
];

export function canFail(api: string): boolean {
  return fallible.includes(api);
}

/** Codes of Kafka's errors, by name; without success, which is none. */
export const errorCodes: ReadonlyMap<string, number> = new Map(
  [...produceErrors.map(({ name, code: number }): [string, number] => [name, number]), ...Object.entries(code)].filter(
    ([, number]) => number !== code.NONE,
  ),
);

export function errorName(code: number): string {
  return [...errorCodes].find(([, number]) => number === code)?.[0] ?? `ERROR_${code}`;
}

export const kafkaFace: WireFace = {
  protocol: 'kafka',
  wrong: ({ api, deed, topic, partition }: Wired) => {
    if (api === undefined) return undefined;
    if (!apiNames.includes(api)) {
      return { key: 'api', message: `no request '${api}' of Kafka's${didYouMean(api, apiNames)}` };
    }
    if (!byPartition.includes(api) && (topic ?? partition) !== undefined) {
      const key = topic === undefined ? 'partition' : 'topic';
      return { key, message: `'${api}' is about no partition of a topic; those are ${byPartition.join(', ')}` };
    }
    if (deed.type !== 'answer-error') return undefined;
    if (!canFail(api)) {
      return { key: 'api', message: `'${api}' is answered with no error here; those are ${fallible.join(', ')}` };
    }
    const { error } = deed;
    if (errorCodes.has(error)) return undefined;
    return { key: 'error', message: `no error '${error}' of Kafka's${didYouMean(error, [...errorCodes.keys()])}` };
  },
};
