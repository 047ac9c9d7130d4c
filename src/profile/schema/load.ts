/** The load: who sends what and how, and who reads it. */
import { z } from 'zod';
import type { UsualWords } from '../../suggest.ts';
import { effectKeys } from './effect.ts';
import { map } from './map.ts';
import { redeliveryKeys } from './redelivery.ts';
import { choice, duration, flag, leaf, percentage, rate, size, text, usualSync, whole } from './units.ts';
import { usualWords } from './usual-words.ts';

const sendWords: UsualWords = { ...usualSync, 'one-way': 'oneway', 'fire-and-forget': 'oneway' };

/** What the keys of `producers` are called elsewhere. */
const producerWords: UsualWords = {
  'in-flight': 'window',
  inflight: 'window',
  concurrency: 'window',
  size: 'payload',
  'message-size': 'payload',
  throughput: 'rate',
  total: 'messages',
  idempotence: 'idempotent',
  backoff: 'retryDelay',
};

/** Of a worker of the user's own. */
function command(what: string, ours: string) {
  const word = text('expected a program or one of its arguments, as text');
  return z
    .array(word, { error: 'expected a list of a program and its arguments, such as [python3, worker.py]' })
    .min(1, { error: 'expected a program and its arguments, such as [python3, worker.py]' })
    .exactOptional()
    .describe(
      `${what} of your own: a program and its arguments, started in the working directory without a shell, which talks ` +
        `by docs/workers.md. Default: ${ours}.`,
    );
}

export const producersSchema = map({
  command: command('Producers', 'producers of ours'),
  count: whole(1, 64).prefault(2).describe('Producer processes, named p1, p2 and so on.'),
  send: choice(['sync', 'async', 'oneway'], sendWords)
    .prefault('sync')
    .describe(
      'How messages are sent. sync: one at a time, waiting for its acknowledgement. async: up to `window` in flight. ' +
        'oneway: without asking for an acknowledgement.',
    ),
  window: whole(1, 10_000)
    .optional()
    .describe('Sends in flight per producer, with `send: async` only. Default there: 100.'),
  acks: choice(['all', 'one'], { '-1': 'all', quorum: 'all', 1: 'one', leader: 'one' })
    .prefault('all')
    .describe('Who must have a message before it is acknowledged. all: every in-sync copy. one: the leader alone.'),
  idempotent: flag()
    .prefault(false)
    .describe(
      "The broker's own suppression of duplicates within one producer session. With `send: async` it is a trap with some clients: " +
        '`mqchaos plan` says so.',
    ),
  retries: whole(0, 1000).prefault(3).describe('Further attempts after a first one that failed; 3 makes up to 4.'),
  retryDelay: duration(0).prefault('100ms').describe('Pause before a retry.'),
  retryAnotherBroker: flag()
    .prefault(true)
    .describe('A retry goes to a partition on another broker, where there is one.'),
  timeout: duration(10).prefault('3s').describe('Deadline of one attempt; what is not answered by then is unknown.'),
  messages: whole(1, 100_000_000).prefault(20_000).describe('Messages over all producers together.'),
  rate: rate()
    .prefault('2000/s')
    .describe('Messages a second over all producers together, or max: as fast as they go.'),
  payload: size(64, 1024 * 1024)
    .prefault('256B')
    .describe("Size of a message's value, with the 44 bytes that identify it."),
})
  .register(usualWords, producerWords)
  .prefault({})
  .describe('The processes that send, and how.');

export const consumersSchema = map({
  command: command('Consumers', 'consumers of ours'),
  count: whole(1, 64)
    .prefault(2)
    .describe('Consumer processes in each group, named c1, c2 and so on through all groups.'),
  groups: whole(1, 16).prefault(1).describe('Consumer groups; each is to receive every message.'),
  start: startSchema()
    .prefault('at once')
    .describe('When they start. at once: before sending. after faults: when all are healed. 30%: at that progress.'),
  sessionTimeout: duration(500, 600_000)
    .prefault('6s')
    .describe('A consumer that is silent for this long is dead to its group, and its partitions go to another.'),
  commit: choice(['after', 'before'])
    .prefault('after')
    .describe('When a batch is acknowledged. after: once each of its messages was processed. before: on receipt.'),
  ...redeliveryKeys,
  ...effectKeys,
})
  .register(usualWords, { store: 'effect', ack: 'commit', 'dead-letter': 'redelivery' })
  .prefault({})
  .describe('The processes that receive.');

function startSchema() {
  const expectation = "expected 'at once' | 'after faults' | a percentage such as 30%";
  const words = ['at once', 'after faults'] as const;
  const usual = { now: words[0], immediately: words[0], later: words[1], 'at-the-end': words[1] };
  const parse = (written: string) => {
    const type = words.find((word) => word === written);
    if (type !== undefined) return { type };
    const fraction = z.safeParse(percentage(), written);
    return fraction.success ? { type: 'progress' as const, fraction: fraction.data } : undefined;
  };
  return leaf(/^(at once|after faults|\d+(\.\d+)?%)$/, expectation, parse, usual);
}
