import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { readLogins, usersText } from '../../src/run/standing/clients/logins.ts';
import { isWildcard, parsePlace, spellPlace } from '../../src/run/standing/clients/place.ts';
import { BadLine, readRecord } from '../../src/run/standing/load/record.ts';

test.each([
  ['broker.example', { host: 'broker.example' }],
  ['0.0.0.0:9092', { host: '0.0.0.0', port: 9092 }],
  ['::', { host: '::' }],
  ['::1', { host: '::1' }],
  ['[::1]', { host: '::1' }],
  ['[fd00::2]:9092', { host: 'fd00::2', port: 9092 }],
  ['[localhost]:9092', undefined],
  ['host:0', undefined],
  ['host:70000', undefined],
  ['a b', undefined],
  ['', undefined],
])('%s as a place', (text, place) => {
  expect(parsePlace(text)).toEqual(place);
});

test('a place is spelled with brackets where it needs them', () => {
  expect([spellPlace('::1', 9092), spellPlace('h', 1)]).toEqual(['[::1]:9092', 'h:1']);
  expect(['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '::1', '127.0.0.1'].map(isWildcard)).toEqual([
    ...[true, true, true],
    ...[false, false],
  ]);
});

describe('logins', () => {
  it('are taken from the command line and from variables, with colons in passwords', () => {
    const env = { LOGINS: 'bob:p:w\n\ncarol: x \n' };
    expect(readLogins(['alice:secret', 'LOGINS'], env)).toEqual([
      { user: 'alice', password: 'secret' },
      { user: 'bob', password: 'p:w' },
      { user: 'carol', password: ' x ' },
    ]);
  });

  it.each([
    [['UNSET'], 'UNSET is neither USER:PASSWORD nor a variable'],
    [['a:1', 'a:2'], "the user 'a' is there twice"],
    [[':secret'], 'what was given is not USER:PASSWORD'],
    [['@/nowhere/logins'], 'cannot read /nowhere/logins'],
  ])('%j are refused, without a password in the message', (given, message) => {
    const refused = (): unknown => readLogins(given, {});
    expect(refused).toThrow(expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }));
    expect(refused).not.toThrow(/secret/);
  });

  it("keep SCRAM's keys, and no password", () => {
    const text = usersText([{ user: 'alice', password: 'secret' }]);
    expect(text).not.toContain('secret');
    const { salt, iterations, storedKey } = JSON.parse(text)[0]['SCRAM-SHA-512'];
    const salted = pbkdf2Sync('secret', Buffer.from(salt, 'base64'), iterations, 64, 'sha512');
    const clientKey = createHmac('sha512', salted).update('Client Key').digest();
    expect(storedKey).toBe(createHash('sha512').update(clientKey).digest('base64'));
  });
});

describe('a line that fills a topic', () => {
  const bounds = { partitions: 4, mostBytes: 100 };

  it('has texts, bytes, a partition and a time', () => {
    const line =
      '{"key":"k","value":{"base64":"AP8="},"headers":{"h":"x"},"partition":3,"timestamp":"2026-11-29T12:00:00Z"}';
    expect(readRecord(line, bounds)).toEqual({
      key: Buffer.from('k'),
      value: Buffer.from([0, 255]),
      headers: { h: Buffer.from('x') },
      partition: 3,
      timestampMs: Date.UTC(2026, 10, 29, 12),
    });
    expect(readRecord('{"value":null,"timestamp":5}', bounds)).toEqual({
      ...{ key: null, value: null, headers: {} },
      timestampMs: 5,
    });
  });

  it.each([
    ['x', 'no JSON'],
    ['[]', 'expected an object'],
    ['{"key":"k"}', 'value is missing'],
    ['{"value":5}', 'value: expected a text'],
    ['{"value":{"base64":"%"}}', "'%' is not base64"],
    ['{"value":"","headers":[]}', 'headers: expected an object'],
    ['{"value":"","headers":{"h":1}}', 'headers.h: expected a text'],
    ['{"value":"","partition":4}', 'from 0 to 3, got 4'],
    ['{"value":"","timestamp":"soon"}', 'got "soon"'],
    ['{"value":"","offset":1}', "unknown field 'offset'"],
    [`{"value":"${'v'.repeat(100)}"}`, '110 bytes are more than the broker takes, which is 100'],
  ])('%s is refused', (line, message) => {
    expect(() => readRecord(line, bounds)).toThrow(BadLine);
    expect(() => readRecord(line, bounds)).toThrow(message);
  });
});
