import * as types from '../../../src/broker/wire/types.ts';
import type { RandomStream } from '../../../src/plan/random.ts';
import { records } from './records.ts';

/** What the fuzzer's own topics and groups are called: it leaves those of others alone. */
export const ownTopics = ['fuzz-a', 'fuzz-b', 'fuzz-c'] as const;
export const ownGroups = ['fuzz-1', 'fuzz-2', 'fuzz-3'] as const;

/** What a field may sensibly be, by its name, or by that of what it is in and its own. */
const usual: Readonly<Record<string, readonly unknown[]>> = {
  ...{ 'topics.name': ownTopics, names: ownTopics, 'resources.name': [...ownTopics, '1', ''] },
  ...{ 'configs.name': ['retention.ms', 'max.message.bytes', 'cleanup.policy'], 'configs.value': ['1000', 'delete'] },
  ...{ 'protocols.name': ['range', 'roundrobin'], protocolName: ['range', null], protocolType: ['consumer'] },
  ...{ groupId: ownGroups, groups: ownGroups, keys: ownGroups, key: ownGroups, memberId: ['', 'somebody'] },
  ...{ groupInstanceId: [null, 'instance'], transactionalId: [null], host: ['127.0.0.1'], clusterId: [null] },
  ...{ index: [0, 0, 1, 2], partitions: [0, 0, 1], partition: [0, 1], brokerIds: [1], type: [2, 4], keyType: [0, 1] },
  ...{
    acks: [-1, -1, -1, 1, 1, 0],
    timeoutMs: [100],
    maxWaitMs: [0, 0, 20],
    minBytes: [0, 1],
    maxBytes: [100, 1_000_000],
  },
  ...{ sessionTimeoutMs: [100, 6000], rebalanceTimeoutMs: [100, 300], generationId: [-1, 0, 1, 2] },
  ...{ fetchOffset: [0, 0, 1, 5], offset: [0, 1, 7, -1], timestampMs: [-1, -2, -3, 0, 1000], logStartOffset: [-1, 0] },
  ...{ currentLeaderEpoch: [-1, -1, 1], leaderEpoch: [-1, 0, 1], lastFetchedEpoch: [-1, -1, 1], sessionId: [0] },
  ...{ partitionCount: [1, 2, 3], count: [1, 2, 4], replicationFactor: [-1, 1], operation: [0, 1, 2, 3] },
  ...{
    nodeId: [99, 17, 1],
    'leader.id': [1, 17],
    'slave.id': [17, 99],
    'inSync.id': [1, 17],
    setId: [1, 1, 3],
    port: [9],
  },
  ...{
    waitMs: [0, 0, 5],
    epoch: [0, 1, 2],
    lastEpoch: [0, 1],
    end: [0, 48, 500],
    synced: [0, 48],
    appliedVersion: [0],
  },
};

/** A value that a field of such a type takes, but nobody sends. */
const extreme = {
  int8: [-128, 127, -1, 2],
  int16: [-32_768, 32_767, -1, 0],
  int32: [-(2 ** 31), 2 ** 31 - 1, -1, 0, 65_536, 1_000_000_000],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, -1, 0, 2 ** 40],
  text: [
    ...['', ' ', '.', '..', '../up', 'a b', '\u0000', '日本', '😀'.repeat(60), 'constructor', '__proto__', '0', '-1'],
    ...['x'.repeat(250), 'x'.repeat(5000), '\u0001'.repeat(32_767)],
  ],
} as const;

/** Lists that refuse a request, or change what it is about. */
const usuallyEmpty = ['assignments', 'forgottenTopics', 'configs', 'statesFilter'];

/** How often a value is an extreme one. */
export interface Wildness {
  readonly values: number;
}

/** A value of a wire type, which its codec can write. */
export function madeUp(type: types.WireType<unknown>, dice: RandomStream, wildness: Wildness, path = ['']): unknown {
  const { madeOf } = type;
  if (madeOf === undefined) return primitive(type, dice, wildness, path);
  if ('fields' in madeOf) {
    const entries = Object.entries(madeOf.fields);
    return Object.fromEntries(entries.map(([name, one]) => [name, madeUp(one.type, dice, wildness, [...path, name])]));
  }
  const isWild = dice.float() < wildness.values;
  if (isWild && type.zero === null && dice.int(2) === 0) return null;
  const count = isWild ? dice.pick([0, 5, 40]) : usuallyEmpty.includes(path.at(-1) ?? '') ? 0 : dice.pick([1, 1, 1, 2]);
  const elements = Array.from({ length: count }, () => madeUp(madeOf.element, dice, wildness, path));
  // Many name the same: what names it twice is a case of its own.
  return isWild && elements.length > 0 ? elements.map((one) => (dice.int(2) === 0 ? elements[0] : one)) : elements;
}

function primitive(type: types.WireType<unknown>, dice: RandomStream, wildness: Wildness, path: readonly string[]) {
  const name = path.at(-1) ?? '';
  const isWild = dice.float() < wildness.values;
  const known = usual[`${path.at(-2)}.${name}`] ?? usual[name];
  switch (type) {
    case types.int8:
      return isWild ? dice.pick(extreme.int8) : dice.pick(numbers(known, [0, 1]));
    case types.int16:
      return isWild ? dice.pick(extreme.int16) : dice.pick(numbers(known, [0, 1]));
    case types.int32:
    case types.leaderEpoch:
      return isWild ? dice.pick(extreme.int32) : dice.pick(numbers(known, [0, 1, 2, -1]));
    case types.int64:
      return isWild ? dice.pick(extreme.int64) : dice.pick(numbers(known, [0, 1, -1]));
    case types.boolean:
      return dice.int(4) === 0;
    case types.uuid:
      return Array.from({ length: 16 }, () => dice.pick(['00', 'ff', '5a'])).join('');
    case types.string:
    case types.nullableString:
    case types.nullableText:
      return text(type, dice, isWild, known);
    case types.bytes:
    case types.nullableBytes:
      return name === 'records' ? records(dice) : randomBytes(dice, dice.pick([0, 4, 30]));
    default:
      throw new Error(`no value is known for ${path.join('.')}`);
  }
}

function numbers(known: readonly unknown[] | undefined, others: readonly number[]): readonly unknown[] {
  return known !== undefined && typeof known[0] === 'number' ? known : others;
}

function text(type: types.WireType<unknown>, dice: RandomStream, isWild: boolean, known: readonly unknown[] = ['x']) {
  const chosen = isWild ? dice.pick(extreme.text) : dice.pick(known);
  if (chosen === null && type === types.string) return '';
  return typeof chosen === 'string' || chosen === null ? chosen : 'x';
}

export function randomBytes(dice: RandomStream, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => dice.int(256)));
}
