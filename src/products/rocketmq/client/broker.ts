/** Questions to one broker that several parts ask: ends of a queue, a group's position, its stored messages, its copies. */
import { requests, success } from './codes.ts';
import { type Connections, Refused } from './connections.ts';
import type { Answer } from './frame.ts';
import { parseLenient } from './lenient-json.ts';
import { decodeRecords, type StoredRecord } from './records.ts';

export interface Ends {
  readonly first: number;
  readonly end: number;
}

export async function askEnds(
  connections: Connections,
  address: string,
  topic: string,
  queueId: number,
): Promise<Ends> {
  const ask = async (code: number): Promise<number> => {
    const what = `ends of ${topic}, queue ${queueId}`;
    const { fields } = await connections.demand(address, code, { topic, queueId }, what);
    return number(fields.offset, what);
  };
  const [first, end] = await Promise.all([ask(requests.getMinOffset), ask(requests.getMaxOffset)]);
  // of a queue that nothing was ever written to the first position is -1
  return { first: Math.max(0, first), end: Math.max(0, end) };
}

/** Up to where a group has been given a queue; undefined: it never was. */
export async function askGroupOffset(
  connections: Connections,
  address: string,
  { group, topic, queueId }: { readonly group: string; readonly topic: string; readonly queueId: number },
): Promise<number | undefined> {
  // without setZeroIfNotFound a broker makes zero of "never", while the queue is young
  const fields = { consumerGroup: group, topic, queueId, setZeroIfNotFound: false };
  const answer = await connections.ask(address, requests.queryConsumerOffset, fields);
  if (answer.code === queryNotFound) return undefined;
  if (answer.code !== success) throw new Refused(answer, `position of ${group} in ${topic}, queue ${queueId}`);
  return number(answer.fields.offset, `position of ${group}`);
}

const queryNotFound = 22;

export interface Pulled {
  readonly records: readonly StoredRecord[];
  /** Where to go on; where the pull began when nothing is there yet. */
  readonly next: number;
}

/** `found`, or nothing new; anything else is "could not read", and is thrown: a slave that refuses has not lost anything. */
const nothingThere: readonly number[] = [19, 20];
const offsetMoved = 21;

export async function pull(
  connections: Connections,
  address: string,
  { group, topic, queueId, offset, count = 32 }: PullRequest,
): Promise<Pulled> {
  const answer: Answer = await connections.ask(address, requests.pullMessage, {
    ...{ consumerGroup: group, topic, queueId, queueOffset: offset, maxMsgNums: count },
    ...{ sysFlag: withSubscription, commitOffset: 0, suspendTimeoutMillis: 0 },
    ...{ subscription: '*', subVersion: 0, expressionType: 'TAG' },
  });
  if (nothingThere.includes(answer.code)) return { records: [], next: offset };
  if (answer.code === offsetMoved) return { records: [], next: number(answer.fields.nextBeginOffset, 'next position') };
  if (answer.code !== success) throw new Refused(answer, `${topic}, queue ${queueId} at ${offset}`);
  return { records: decodeRecords(answer.body), next: number(answer.fields.nextBeginOffset, 'next position') };
}

export interface PullRequest {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  /** Brokers give no more than their maxTransferCountOnMessageInMemory. */
  readonly count?: number;
}

const withSubscription = 4;

export interface HaStatus {
  readonly master: boolean;
  /** Where its own commit log ends. */
  readonly end: number;
  /** Slaves that have all that this master has. */
  readonly even: number;
}

/**
 * Not `inSync` of the answer: that stays true until a slave is 256 MB behind (haMaxGapNotInSync), so also of one that is
 * stopped.
 */
export async function askHaStatus(connections: Connections, address: string): Promise<HaStatus> {
  const { body } = await connections.demand(address, requests.getBrokerHaStatus, {}, 'replication');
  const { master, masterCommitLogMaxOffset, haConnectionInfo, haClientRuntimeInfo } = parseLenient(body.toString()) as {
    master: boolean;
    masterCommitLogMaxOffset: number;
    haConnectionInfo?: readonly { diff: number }[];
    haClientRuntimeInfo?: { maxOffset: number };
  };
  return {
    master,
    end: master ? masterCommitLogMaxOffset : (haClientRuntimeInfo?.maxOffset ?? -1),
    even: (haConnectionInfo ?? []).filter(({ diff }) => diff <= 0).length,
  };
}

/**
 * Tells a slave where to copy from. One that has `haMasterAddress` asks the name server no more, but what it then knows is lost
 * before its replication starts (5.5.0: `HAClient connect to master null failed`, for ever).
 */
export async function copyFrom(
  connections: Connections,
  slave: string,
  masterAddress: string,
  masterHaAddress: string,
): Promise<void> {
  await connections.demand(slave, requests.exchangeBrokerHaInfo, { masterAddress, masterHaAddress }, 'replication');
}

/** What a broker says of itself: version, state of its store. */
export async function askRuntime(connections: Connections, address: string): Promise<Readonly<Record<string, string>>> {
  const { body } = await connections.demand(address, requests.getBrokerRuntimeInfo, {}, 'runtime');
  return (parseLenient(body.toString()) as { table?: Record<string, string> }).table ?? {};
}

function number(text: string | undefined, what: string): number {
  const value = Number(text ?? Number.NaN);
  if (!Number.isSafeInteger(value)) throw new Error(`${what}: ${text ?? 'nothing'} is no position`);
  return value;
}
