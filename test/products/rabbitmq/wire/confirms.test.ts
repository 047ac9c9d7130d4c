/** What rules do to the confirms of publishes, as both ends see it. */
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Outlet } from '../../../../src/link/interceptor.ts';
import type { WireDeed, WireRule } from '../../../../src/link/wire/rule.ts';
import { RuleBook } from '../../../../src/link/wire/rule-book.ts';
import { AmqpConnection } from '../../../../src/products/rabbitmq/wire/connection.ts';
import { methodFrame } from '../../../../src/products/rabbitmq/wire/frames.ts';
import {
  basicPublish,
  type Confirm,
  channelOpen,
  confirmFrame,
  confirmSelect,
  connectionStartOk,
} from '../../../../src/products/rabbitmq/wire/methods.ts';

afterEach(() => vi.useRealTimers());

const greeting = Buffer.from('AMQP\x00\x00\x09\x01', 'latin1');
const goesOn: WireDeed = { type: 'lose-answer', connection: 'goes on' };

describe('lost confirms', () => {
  test('closes: those before are told, and the connection ends', () => {
    const link = between({ type: 'lose-answer', connection: 'closes' }, { times: 1, topic: 'rare' });
    link.says(...publishes(2), publish('rare'), ...publishes(2));
    link.hears(ack(4, true));
    expect(link.confirmed).toEqual([1, 2]);
    expect(link.ended).toEqual(['client', 'server']);
    expect(report(link)).toMatchObject({ met: 1, done: 1, by: { rare: 1 } });
    const seen = { connection: 1, client: 'me', api: 'publish', channel: 1, deliveryTag: 3, topic: 'rare' };
    expect(report(link).log).toMatchObject([{ ...seen, othersInFlight: 2 }]);
  });

  test('goes on: no later answer to several gives it away', () => {
    const link = between(goesOn, { times: 2 });
    link.says(...publishes(6));
    link.hears(ack(1), ack(4, true), ack(0, true));
    expect(link.confirmed).toEqual([3, 4, 5, 6]);
    expect(report(link)).toMatchObject({ met: 2, done: 2 });
    expect(link.ended).toEqual([]);
    link.says(...publishes(2));
    link.hears(ack(8, true));
    expect(link.confirmed).toEqual([3, 4, 5, 6, 7, 8]);
  });

  test('falls silent until the rule is removed, and is closed then', () => {
    const link = between({ type: 'lose-answer', connection: 'falls silent' }, { times: 1 });
    link.says(...publishes(2));
    link.hears(ack(1), ack(2), heartbeat);
    expect([link.client.length, link.ended]).toEqual([greeting.length, []]);
    link.book.remove('f1');
    expect(link.ended).toEqual(['client', 'server']);
  });

  test('a nack that is lost is told as one', () => {
    const link = between(goesOn);
    link.says(...publishes(1));
    link.hears(confirmFrame({ channel: 1, tag: 1, multiple: false, isNack: true }));
    expect(report(link).log).toMatchObject([{ error: 'NACK' }]);
    expect(link.confirmed).toEqual([]);
  });

  test('a publish that dies with its connection counts for nothing, and the next one is taken', () => {
    const link = between(goesOn, { times: 1 });
    link.says(...publishes(1));
    link.connection.closed();
    const next = new Between(link.book, 2);
    next.says(...publishes(1));
    next.hears(ack(1));
    expect(next.confirmed).toEqual([]);
    expect(report(link)).toMatchObject({ met: 2, done: 1 });
  });

  test('without confirms there is no answer to lose', () => {
    const link = between(goesOn);
    link.says(publish('orders', 2), ...publishes(1));
    link.hears(ack(1));
    expect(report(link)).toMatchObject({ met: 1, done: 1 });
  });

  test('each channel counts by itself, and anew when it is opened again', () => {
    const link = between(goesOn, { topic: 'rare' });
    link.says(methodFrame(2, channelOpen, Buffer.from([0])), select(2), publish('orders', 2), publish('rare', 2));
    link.says(...publishes(2));
    link.hears(ack(2, true), ack(2, true, 2));
    expect(link.confirmed).toEqual([2, 1]);
    link.says(methodFrame(2, channelOpen, Buffer.from([0])), select(2), publish('orders', 2));
    link.hears(ack(1, true, 2));
    expect(link.confirmed).toEqual([2, 1, 1]);
  });

  test('of a queue that is published to by its name', () => {
    const link = between(goesOn, { topic: 'my-queue' });
    link.says(publish('', 1, 'my-queue'));
    link.hears(ack(1));
    expect(report(link)).toMatchObject({ done: 1, by: { 'my-queue': 1 } });
  });

  test('by the name of a process, or of a connection', () => {
    const done = (client: string): number => {
      const link = between(goesOn, { client });
      link.says(...publishes(1));
      link.hears(ack(1));
      return report(link).done;
    };
    expect(['me', 'm*', 'p1', 'you'].map(done)).toEqual([1, 1, 1, 0]);
  });
});

describe('late confirms', () => {
  test('what comes behind waits, too; at its end all go out', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const link = between({ type: 'delay-answer', delayMs: 500 }, { times: 2 });
    link.says(...publishes(3));
    link.hears(ack(1), ack(3, true), heartbeat);
    expect(link.confirmed).toEqual([]);
    vi.advanceTimersByTime(499);
    expect(link.confirmed).toEqual([]);
    expect(report(link).done).toBe(0);
    vi.advanceTimersByTime(2);
    expect(link.confirmed).toEqual([1, 2, 3]);
    expect(link.client.subarray(-heartbeat.length).equals(heartbeat)).toBe(true);
    expect(report(link)).toMatchObject({ done: 2, log: [{ delayMs: 500 }, {}] });
  });

  test('one that its connection does not live to see counts for nothing', () => {
    const link = between({ type: 'delay-answer', delayMs: 60_000 }, { times: 1 });
    link.says(...publishes(1));
    link.hears(ack(1));
    link.connection.closed();
    const next = new Between(link.book, 2);
    next.says(...publishes(1));
    expect(report(link)).toMatchObject({ met: 2, done: 0 });
  });

  test('a rule that is removed delays no longer', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const link = between({ type: 'delay-answer', delayMs: 500 });
    link.says(...publishes(1));
    link.hears(ack(1));
    link.connection.endServer();
    expect(link.ended).toEqual([]);
    expect(link.book.remove('f1')).toMatchObject({ done: 0 });
    expect([link.confirmed, link.ended]).toEqual([[1], ['client']]);
  });
});

describe('what passes', () => {
  const talk = fc.array(
    fc.oneof(
      fc.record({
        from: fc.constant('client' as const),
        bytes: fc.constantFrom(...publishes(1), heartbeat, select(1)),
      }),
      fc.record({ from: fc.constant('server' as const), bytes: fc.constantFrom(ack(1), ack(2, true), heartbeat) }),
    ),
    { maxLength: 20 },
  );

  test('without a rule everything, byte for byte, in whatever chunks', () => {
    fc.assert(
      fc.property(talk, fc.integer({ min: 1, max: 30 }), (said, size) => {
        const link = new Between();
        const all = (from: 'client' | 'server'): Buffer =>
          Buffer.concat(said.flatMap((one) => (one.from === from ? [one.bytes] : [])));
        for (const piece of cut(all('client'), size)) link.connection.fromClient(piece);
        for (const piece of cut(all('server'), size)) link.connection.fromServer(piece);
        link.connection.endClient();
        link.connection.endServer();
        expect(link.server.equals(Buffer.concat([link.begun, all('client')]))).toBe(true);
        expect(link.client.equals(Buffer.concat([greeting, all('server')]))).toBe(true);
      }),
    );
  });

  test('with a rule the same in whatever chunks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 4 }), (size, times) => {
        const link = between(goesOn, { times });
        for (const piece of cut(Buffer.concat(publishes(5)), size)) link.connection.fromClient(piece);
        for (const piece of cut(Buffer.concat([ack(3, true), heartbeat, ack(5, true)]), size)) {
          link.connection.fromServer(piece);
        }
        expect(link.confirmed).toEqual([1, 2, 3, 4, 5].slice(times));
        expect(link.server.equals(Buffer.concat([link.begun, ...publishes(5)]))).toBe(true);
      }),
    );
  });

  test('bytes that are no AMQP 0-9-1', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(bytes, bytes, (asked, answered) => {
        const link = new Between(new RuleBook(), 1, false);
        link.connection.fromClient(asked);
        link.connection.fromServer(answered);
        link.connection.endClient();
        link.connection.endServer();
        expect([link.server.equals(asked), link.client.equals(answered)]).toEqual([true, true]);
      }),
    );
  });
});

/** A link between two ends, without a network, on which channel 1 has confirms. */
class Between implements Outlet {
  readonly connection: AmqpConnection;
  readonly book: RuleBook;
  readonly begun: Buffer;
  readonly ended: string[] = [];
  readonly #toServer: Buffer[] = [];
  readonly #toClient: Buffer[] = [];

  constructor(book = new RuleBook(), number = 1, begins = true) {
    this.book = book;
    this.connection = new AmqpConnection({ link: 'b1', number, source: () => 'p1', log: () => {} }, this, book);
    this.begun = begins ? Buffer.concat([greeting, startOk('me'), select(1)]) : Buffer.alloc(0);
    if (begins) this.says(this.begun);
    // as a server that speaks another version would say; it is not there with one that does
    if (begins) this.hears(greeting);
  }

  says(...bytes: readonly Buffer[]): void {
    for (const one of bytes) this.connection.fromClient(one);
  }

  hears(...bytes: readonly Buffer[]): void {
    for (const one of bytes) this.connection.fromServer(one);
  }

  get server(): Buffer {
    return Buffer.concat(this.#toServer);
  }

  get client(): Buffer {
    return Buffer.concat(this.#toClient);
  }

  /** Numbers of the publishes that the client is told of, each by itself. */
  get confirmed(): number[] {
    const bytes = this.client;
    const found: number[] = [];
    for (let at = greeting.length; at < bytes.length; at += 8 + bytes.readUInt32BE(at + 3)) {
      if (bytes[at] === 1) found.push(Number(bytes.readBigUInt64BE(at + 11)));
    }
    return found;
  }

  toServer(chunk: Buffer): void {
    this.#toServer.push(chunk);
  }

  toClient(chunk: Buffer): void {
    this.#toClient.push(chunk);
  }

  endToServer(): void {
    this.ended.push('server');
  }

  endToClient(): void {
    this.ended.push('client');
  }

  hold(): void {}
  release(): void {}

  reset(): void {
    this.ended.push('reset');
  }
}

const heartbeat = Buffer.from([8, 0, 0, 0, 0, 0, 0, 0xce]);

function between(deed: WireDeed, rule: Partial<WireRule> = {}): Between {
  const book = new RuleBook();
  book.add({ id: 'f1', seed: 7, deed, api: 'publish', ...rule });
  return new Between(book);
}

function report(link: Between) {
  const found = link.book.report('f1');
  if (found === undefined) throw new Error('no rule f1');
  return found;
}

function select(channel: number): Buffer {
  return methodFrame(channel, confirmSelect, Buffer.from([0]));
}

function publishes(count: number): Buffer[] {
  return Array.from({ length: count }, () => publish('orders'));
}

/** With its header and its body. */
function publish(exchange: string, channel = 1, key = ''): Buffer {
  const args = Buffer.concat([Buffer.from([0, 0]), short(exchange), short(key), Buffer.from([0])]);
  const header = Buffer.from([2, 0, channel, 0, 0, 0, 2, 0xaa, 0xbb, 0xce]);
  const body = Buffer.from([3, 0, channel, 0, 0, 0, 1, 1, 0xce]);
  return Buffer.concat([methodFrame(channel, basicPublish, args), header, body]);
}

function ack(tag: number, multiple = false, channel = 1): Buffer {
  return confirmFrame({ channel, tag, multiple, isNack: false } satisfies Confirm);
}

/** Properties with something before the name. */
function startOk(name: string): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.from('S'), long(Buffer.from(value))]);
  const nested = Buffer.concat([Buffer.from('F'), long(Buffer.concat([short('basic.nack'), Buffer.from('t\x01')]))]);
  const table = [short('product'), text('x'), short('capabilities'), nested, short('connection_name'), text(name)];
  return methodFrame(0, connectionStartOk, Buffer.concat([long(Buffer.concat(table)), short('PLAIN')]));
}

function short(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
}

function long(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function cut(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}
