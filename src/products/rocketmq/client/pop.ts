/**
 * POP, RocketMQ 5's way to consume, over the remoting protocol: the broker hands messages out and hides each for an
 * invisible time; what is not acknowledged in it comes again by way of `%RETRY%group_topic`. It is what the gRPC proxy
 * does on behalf of its clients. The handle of a delivery (`extraInfo`) is eight words:
 *
 *   offset of the check point · pop time · invisible time · queue of the revive log · 0 topic, 1 or 2 retry topic ·
 *   set · queue · offset
 */
import { noAbort, pause } from '../../../wait.ts';
import { requests, success } from './codes.ts';
import { type Connections, Refused } from './connections.ts';
import { decodeRecords, type StoredRecord } from './records.ts';
import { realTopic } from './topic-names.ts';

export interface Popped {
  readonly record: StoredRecord;
  /** Of a copy in the retry topic: it is no longer where it was sent to. */
  readonly retry: boolean;
  /** Topic, queue and offset that it was popped from. */
  readonly topic: string;
  readonly queue: number;
  readonly offset: number;
  handle: string;
  /** When its handle came, ms of performance.now(). */
  handedAtMs: number;
  /** When another consumer may be given it, at the earliest, ms of performance.now(). */
  invisibleUntilMs: number;
}

export interface PopRequest {
  readonly group: string;
  readonly topic: string;
  readonly set: string;
  readonly invisibleMs: number;
  /** The broker waits so long for something to hand out. */
  readonly waitMs: number;
}

const mostAtOnce = 32; // brokers refuse more
const answerMs = 3_000;
/** Between the making of a check point and of the one that replaces it. */
const apartMs = 3;
const anyQueue = -1;
const fromTheFirst = 0;
const nothingThere: readonly number[] = [19, 209, 210];

/** Empty when there was nothing to hand out. */
export async function pop(connections: Connections, address: string, request: PopRequest): Promise<Popped[]> {
  const { group, topic, invisibleMs, waitMs } = request;
  const askedAtMs = performance.now();
  const fields = {
    ...{ consumerGroup: group, topic, queueId: anyQueue, maxMsgNums: mostAtOnce, invisibleTime: invisibleMs },
    ...{ pollTime: waitMs, bornTime: Date.now(), initMode: fromTheFirst, expType: 'TAG', exp: '*', order: false },
  };
  const answer = await connections.ask(address, requests.popMessage, fields, { deadlineMs: waitMs + answerMs });
  if (nothingThere.includes(answer.code)) return [];
  if (answer.code !== success) throw new Refused(answer, `pop of ${topic} by ${group}`);
  const { popTime, invisibleTime, reviveQid, startOffsetInfo = '' } = answer.fields;
  const handedAtMs = performance.now();
  const starts = startsOf(startOffsetInfo);
  const invisibleUntilMs = poppedAtMs(askedAtMs, Number(popTime)) + invisibleMs;
  return decodeRecords(answer.body).map((record): Popped => {
    const given = record.properties.get('POP_CK');
    const { queue, offset } = record;
    const handle =
      given ??
      `${starts.get(`0@${queue}`) ?? offset} ${popTime} ${invisibleTime} ${reviveQid} 0 ${request.set} ${queue} ${offset}`;
    const words = handle.split(' ');
    const kind = words[4] ?? '0';
    return {
      ...{ record, handle, handedAtMs, invisibleUntilMs, retry: kind !== '0', topic: realTopic(topic, group, kind) },
      ...{ queue: Number(words[6] ?? queue), offset: Number(words[7] ?? offset) },
    };
  });
}

/** The broker waited before it popped; its clock tells how long, as far as that fits in between question and answer. */
function poppedAtMs(askedAtMs: number, popTime: number): number {
  const nowMs = performance.now();
  const agoMs = Date.now() - popTime;
  return Math.max(askedAtMs, Math.min(nowMs, nowMs - agoMs));
}

/** `0 3 17;1 0 4`: kind of topic, queue, offset of the check point. */
function startsOf(info: string): Map<string, string> {
  return new Map(
    info.split(';').map((part) => {
      const [kind, queue, offset = ''] = part.split(' ');
      return [`${kind}@${queue}`, offset];
    }),
  );
}

/** Rejects when the broker did not confirm it. It also confirms what comes too late, and delivers again all the same. */
export async function acknowledge(
  connections: Connections,
  address: string,
  group: string,
  popped: Popped,
): Promise<void> {
  const { topic, queue: queueId, offset, handle: extraInfo } = popped;
  const fields = { consumerGroup: group, topic, queueId, extraInfo, offset };
  await connections.demand(address, requests.ackMessage, fields, `acknowledge ${topic}, queue ${queueId} at ${offset}`);
}

/**
 * Hides it from now on for so long: longer, to keep it; less, to give it back. Its old handle is of no use any more.
 * `uncounted`: what comes again then is no further try (its consumer never saw it).
 */
export async function hide(
  connections: Connections,
  address: string,
  group: string,
  popped: Popped,
  { invisibleMs, uncounted = false }: { readonly invisibleMs: number; readonly uncounted?: boolean },
): Promise<void> {
  // A check point is known by its offset and its millisecond. One that replaces another within the same one takes the
  // other's acknowledgement for its own, and the message never comes again (5.5.0: seen once in 3,000).
  await pause(Math.max(0, popped.handedAtMs + apartMs - performance.now()), noAbort);
  const { topic, queue: queueId, offset, handle: extraInfo } = popped;
  const askedAtMs = performance.now();
  const fields = {
    consumerGroup: group,
    topic,
    queueId,
    extraInfo,
    offset,
    invisibleTime: invisibleMs,
    suspend: uncounted,
  };
  const what = `invisible time of ${topic}, queue ${queueId} at ${offset}`;
  const answer = await connections.demand(address, requests.changeInvisibleTime, fields, what);
  const { popTime, invisibleTime, reviveQid } = answer.fields;
  const [, , , , kind = '0', set = ''] = extraInfo.split(' ');
  popped.handle = `${offset} ${popTime} ${invisibleTime} ${reviveQid} ${kind} ${set} ${queueId} ${offset}`;
  popped.handedAtMs = performance.now();
  popped.invisibleUntilMs = askedAtMs + invisibleMs;
}

/** What the proxy does with a message that was delivered often enough: a copy to `%DLQ%group`, then it is acknowledged. */
export async function toDeadLetters(
  connections: Connections,
  address: string,
  group: string,
  popped: Popped,
): Promise<void> {
  const { record, topic } = popped;
  const fields = {
    ...{ offset: record.logOffset, group, delayLevel: -1, originTopic: topic, unitMode: false, maxReconsumeTimes: 0 },
    originMsgId: record.properties.get('UNIQ_KEY'),
  };
  await connections.demand(address, requests.consumerSendMessageBack, fields, `dead letter of ${topic}`);
  await acknowledge(connections, address, group, popped);
}
