import { expect, test } from 'vitest';
import { readHeader, readRequest } from '../../../src/broker/wire/message.ts';
import { Malformed, Reader } from '../../../src/broker/wire/reader.ts';
import { checkBatch } from '../../../src/broker/wire/record-batch.ts';
import { stream } from '../../../src/plan/random.ts';
import { apis, frameOf, type Protocol } from './frames.ts';
import { records } from './records.ts';

const served = new Map([...apis.client, ...apis.nodes].map((api) => [api.key, api]));
const seeds = [1, Math.floor(Math.random() * 2 ** 32)];

test.each(seeds)('whatever a frame holds, reading it ends in a request or in Malformed: seed %i', (seed) => {
  const outcomes = { read: 0, malformed: 0 };
  for (const protocol of ['client', 'nodes'] as Protocol[]) {
    for (let number = 0; number < 15_000; number++) {
      const wrong = problemOf(frameOf(seed, protocol, number, 'secret').subarray(4), outcomes);
      expect(wrong, `frame ${number} of seed ${seed}, protocol ${protocol}`).toBeUndefined();
    }
  }
  expect(outcomes.read).toBeGreaterThan(10_000);
  expect(outcomes.malformed).toBeGreaterThan(1000);
});

function problemOf(payload: Buffer, outcomes: { read: number; malformed: number }): unknown {
  try {
    const reader = new Reader(payload, 0, 100_000);
    const header = readHeader(reader);
    const api = served.get(header.apiKey);
    if (api === undefined || header.version < api.min || header.version > api.max) return undefined;
    readRequest(api, header, reader);
    outcomes.read += 1;
  } catch (error) {
    if (!(error instanceof Malformed)) return error;
    outcomes.malformed += 1;
  }
  return undefined;
}

test.each(seeds)('whatever records hold, they are taken or refused with a code: seed %i', (seed) => {
  let taken = 0;
  for (let number = 0; number < 20_000; number++) {
    const data = records(stream(seed, `records ${number}`));
    const answer = checkBatch(data, 1_000_000);
    if (typeof answer === 'number') continue;
    taken += 1;
    // What is taken is taken again by whoever checks it: nothing about it is left to chance.
    expect(checkBatch(data, 1_000_000), `records ${number} of seed ${seed}`).toEqual(answer);
  }
  expect(taken).toBeGreaterThan(5000);
});
