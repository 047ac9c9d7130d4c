import { describe, expect, test } from 'vitest';
import { findProducer, parseMessage } from '../../src/explain/message-name.ts';

describe('a message may be called', () => {
  test.each([
    ['p1.1#41', 'p1.1', 41],
    ['p1.1:41', 'p1.1', 41],
    ['p1:41', 'p1', 41],
    ['p1/41', 'p1', 41],
    ['p1@41', 'p1', 41],
    ['"p1.1#41",', 'p1.1', 41],
    [' p1.1#41 ', 'p1.1', 41],
    ['0#41', '0', 41],
    ['producer-0:41', '0', 41],
    ['{"class":"lost","message":"p1.1#41","proved":true}', 'p1.1', 41],
    ['{"kind":"received","producer":3,"seq":41}', '3', 41],
  ])('%s', (text, writer, seq) => {
    expect(parseMessage(text)).toEqual({ writer, seq });
  });
  test.each(['', 'p1', 'p1:', ':41', 'p1:-1', 'p1:4294967296', 'p1 41', '{"a":1}', '{', '{"message":"{}"}'])(
    'not %j',
    (text) => {
      expect(() => parseMessage(text)).toThrow('names no message');
    },
  );
});

describe('the producer', () => {
  const of = (writer: string, producer: number, messages: number) => ({ writer, producer, messages: () => messages });
  const producers = [of('p1.1', 0, 50), of('p2.1', 1, 50), of('p1.2', 2, 10)];
  const find = (text: string) => findProducer(parseMessage(text), producers).writer;

  test('by its name, its only life that has the message, its number', () => {
    expect(find('p1.2:3')).toBe('p1.2');
    expect(find('p1:41')).toBe('p1.1');
    expect(find('1:3')).toBe('p2.1');
  });
  test('what was never sent is looked for all the same', () => {
    expect(find('p2.1:99')).toBe('p2.1');
    expect(find('77:3')).toBe('producer-77');
  });
  test('two lives that both have it', () => {
    expect(() => find('p1:3')).toThrow(
      expect.objectContaining({ code: 'ambiguous-message', hint: 'one of: p1.1:3, p1.2:3', exitCode: 2 }),
    );
  });
  test('in a run whose producers left nothing that can be read', () => {
    const hint = expect.stringContaining('mqchaos audit RUN');
    expect(() => findProducer(parseMessage('p1:3'), [])).toThrow(expect.objectContaining({ hint }));
  });
  test('nobody', () => {
    expect(() => find('q1:3')).toThrow(
      expect.objectContaining({
        code: 'no-such-message',
        hint: expect.stringContaining('p1.1:0 to p1.1:49'),
        exitCode: 2,
      }),
    );
  });
});
