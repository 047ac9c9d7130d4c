import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BadLine, parseSaid } from '../../../src/workers/own/protocol.ts';

describe('a line of a worker', () => {
  it.each([
    ['{"type":"ready","protocol":1,"client":"x 1"}', { type: 'ready', client: 'x 1' }],
    ['{"type":"ready","protocol":1,"partitioner":"own","later":true}', { type: 'ready', partitioner: 'own' }],
    [
      '{"type":"acked","id":7,"partition":3,"position":9}',
      { type: 'acked', id: 7, partition: 3, position: 9, reason: '' },
    ],
    ['{"type":"acked","id":7,"partition":null}', { type: 'acked', id: 7, reason: '' }],
    ['{"type":"rejected","id":7,"reason":"too-large"}', { type: 'rejected', id: 7, reason: 'too-large' }],
    ['{"type":"unknown","id":0,"reason":"late"}', { type: 'unknown', id: 0, reason: 'late' }],
    ['{"type":"degraded","id":1,"reason":"r","position":4}', { type: 'degraded', id: 1, reason: 'r', position: 4 }],
    ['{"type":"assigned","partitions":[0,2]}', { type: 'assigned', partitions: [0, 2] }],
    ['{"type":"revoked","partitions":[]}', { type: 'revoked', partitions: [] }],
    [
      '{"type":"received","id":1,"value":"AAE=","partition":0,"position":5,"redelivered":true,"attempt":2}',
      { type: 'received', id: 1, value: Buffer.from([0, 1]), partition: 0, position: 5, redelivered: true, attempt: 2 },
    ],
    [
      '{"type":"received","id":1,"value":""}',
      { type: 'received', id: 1, value: Buffer.alloc(0), redelivered: false, attempt: 1 },
    ],
    ['{"type":"processed","id":3}', { type: 'processed', id: 3 }],
    ['{"type":"committed","partition":1,"position":18}', { type: 'committed', partition: 1, position: 18 }],
  ])('%s', (line, said) => {
    expect(parseSaid(line)).toEqual(said);
  });

  it.each([
    ['hello', 'it is not JSON'],
    ['"acked"', 'it is no JSON object'],
    ['[1]', 'it is no JSON object'],
    ['null', 'it is no JSON object'],
    ['{}', "it has no 'type'"],
    ['{"type":"done"}', 'there is no type "done"'],
    ['{"type":"ready"}', "'protocol' must be 1, which is what this mqchaos speaks"],
    ['{"type":"ready","protocol":2}', "'protocol' must be 1, which is what this mqchaos speaks"],
    ['{"type":"acked"}', "'id' must be a whole number from 0"],
    ['{"type":"acked","id":"7"}', "'id' must be a whole number from 0"],
    ['{"type":"acked","id":1.5}', "'id' must be a whole number from 0"],
    ['{"type":"acked","id":-1}', "'id' must be a whole number from 0"],
    ['{"type":"acked","id":1,"partition":70000}', "'partition' must be a whole number from 0 to 65534"],
    ['{"type":"acked","id":1,"position":1e300}', "'position' must be a whole number from 0"],
    ['{"type":"rejected","id":1}', "'reason' must be a short name"],
    ['{"type":"assigned"}', "'partitions' must be a list of numbers"],
    ['{"type":"received","id":1,"value":"***"}', "'value' is no base64"],
    ['{"type":"received","id":1,"value":[1]}', "'value' must be the message's bytes, in base64"],
    ['{"type":"committed","partition":1}', "'position' must be a whole number from 0"],
  ])('%s is refused: %s', (line, why) => {
    expect(() => parseSaid(line)).toThrow(BadLine);
    expect(() => parseSaid(line)).toThrow(why);
  });
});

describe('docs/workers.md', () => {
  const text = readFileSync(new URL('../../../docs/workers.md', import.meta.url), 'utf8');
  const lines = [...text.matchAll(/^```json\n(.*?)^```/gms)].flatMap(([, block = '']) => block.trimEnd().split('\n'));
  const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);

  it('has an example of each message', () => {
    const fromUs = ['hello', 'send'];
    const fromThem = ['ready', 'acked', 'rejected', 'unknown', 'degraded', 'assigned', 'revoked', 'received'];
    expect([...new Set(types)].sort()).toEqual([...fromUs, ...fromThem, 'processed', 'committed'].sort());
  });

  it('and each that a worker says is right', () => {
    const said = lines
      .filter((_, at) => types[at] !== 'hello' && types[at] !== 'send')
      .map((line) => line.replace('…', ''));
    for (const line of said)
      expect(parseSaid(line)).toMatchObject({ type: (JSON.parse(line) as { type: string }).type });
  });
});
