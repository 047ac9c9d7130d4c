/** However a conversation is cut into chunks, a link passes the same bytes: without rules those that came. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WireDeed } from '../../../../src/link/wire/rule.ts';
import { RuleBook } from '../../../../src/link/wire/rule-book.ts';
import { apiName } from '../../../../src/products/kafka/wire/face.ts';
import { FrameStream } from '../../../../src/products/kafka/wire/frame-stream.ts';
import { leastRequestBytes, readHead } from '../../../../src/products/kafka/wire/request.ts';
import { Between, captured, joined, rechunked, type Said, sizeOf } from './support/conversation.ts';

const conversations = captured();
/** Of the longest conversation the rest is more of the same. */
const mostBoundaries = 1200;

const deeds: WireDeed[] = [
  { type: 'lose-answer', connection: 'closes' },
  { type: 'lose-answer', connection: 'falls silent' },
  { type: 'lose-answer', connection: 'goes on' },
  { type: 'answer-error', error: 'NOT_LEADER_OR_FOLLOWER', served: true },
  { type: 'answer-error', error: 'NOT_LEADER_OR_FOLLOWER', served: false },
  { type: 'move-leader' },
  { type: 'change-records', how: 'double', on: 'produce', checksum: 'right' },
  { type: 'change-records', how: 'corrupt', on: 'produce', checksum: 'right' },
  { type: 'change-records', how: 'double', on: 'fetch', checksum: 'right' },
  { type: 'change-records', how: 'corrupt', on: 'fetch', checksum: 'wrong' },
  { type: 'change-records', how: 'swap', on: 'fetch', checksum: 'right' },
];

test('the conversations have the requests of both clients, in every version that they use', () => {
  expect(requestsOf('kafkajs')).toMatchInlineSnapshot(
    `"api-versions 2, create-topics 3, fetch 11, find-coordinator 2, init-producer-id 1, join-group 5, leave-group 3, list-offsets 3, metadata 6, offset-commit 5, offset-fetch 4, produce 7, sync-group 3"`,
  );
  expect(requestsOf('kcat')).toMatchInlineSnapshot(
    `"api-versions 3, fetch 11, find-coordinator 2, heartbeat 3, init-producer-id 4, join-group 5, leave-group 1, list-offsets 2, metadata 4, offset-commit 7, offset-fetch 7, produce 7, sync-group 3"`,
  );
});

describe('without a rule', () => {
  test('every byte boundary', () => {
    for (const { said } of conversations) {
      for (let at = 1; at < Math.min(sizeOf(said), mostBoundaries); at++) expectUnchanged(said, [at]);
      expectUnchanged(said, allOf(said));
    }
  });

  test('any chunks', () => {
    fc.assert(
      fc.property(cutConversation(), ([said, cuts]) => expectUnchanged(said, cuts)),
      { numRuns: 500 },
    );
  });

  test('bytes that are not of the protocol pass', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((array) => Buffer.from(array));
    const talk = fc.array(fc.record({ from: fc.constantFrom('client' as const, 'server' as const), bytes }));
    fc.assert(
      fc.property(talk, (said) => {
        const through = new Between().hears(said);
        through.connection.endClient();
        through.connection.endServer();
        expect(through.server.equals(joined(said, 'client'))).toBe(true);
        expect(through.client.equals(joined(said, 'server'))).toBe(true);
        expect(through.ended).toEqual(['server', 'client']);
      }),
    );
  });
});

describe.each(deeds)('with $type $connection $error $served $how $on', (deed) => {
  test('any chunks give the same, and the same deeds', () => {
    fc.assert(
      fc.property(cutConversation(), fc.integer({ min: 1, max: 5 }), ([said, cuts], times) => {
        const whole = outcome(said, deed, times);
        expect(outcome(rechunked(said, cuts), deed, times)).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });
});

function outcome(said: readonly Said[], deed: WireDeed, times: number) {
  const book = new RuleBook();
  book.add({ id: 'f1', seed: 7, deed, times, share: 0.7 });
  const { server, client } = new Between(book).hears(said);
  const { log, ...report } = book.report('f1')!;
  return {
    server: server.toString('hex'),
    client: client.toString('hex'),
    ...report,
    log: log.map(({ atNs, ...one }) => one),
  };
}

function expectUnchanged(said: readonly Said[], cuts: readonly number[]): void {
  const through = new Between().hears(rechunked(said, cuts));
  expect(through.server.equals(joined(said, 'client'))).toBe(true);
  expect(through.client.equals(joined(said, 'server'))).toBe(true);
}

function cutConversation() {
  return fc
    .constantFrom(...conversations)
    .chain(({ said }) =>
      fc.tuple(fc.constant(said), fc.uniqueArray(fc.integer({ min: 1, max: sizeOf(said) }), { maxLength: 40 })),
    );
}

function allOf(said: readonly Said[]): number[] {
  return Array.from({ length: sizeOf(said) }, (_, index) => index);
}

/** `produce 7`, each once. */
function requestsOf(client: string): string {
  const found = new Set<string>();
  for (const conversation of conversations.filter((one) => one.client === client)) {
    const stream = new FrameStream(
      {
        decide: () => 'hold',
        whole: (frame) => {
          const head = readHead(frame)!;
          found.add(`${apiName(head.apiKey)} ${head.version}`);
        },
        pass: () => {},
        blind: () => {
          throw new Error('not of the protocol');
        },
      },
      leastRequestBytes,
    );
    stream.push(joined(conversation.said, 'client'));
  }
  return [...found].sort().join(', ');
}
