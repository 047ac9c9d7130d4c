import { expect, test } from 'vitest';
import { concerns, parseRules } from '../../src/link/rule.ts';

const good = {
  id: 'b1',
  link: 'b1',
  sources: { only: ['p1'] },
  directions: ['requests'],
  what: { do: 'cut-after', bytes: 0 },
};

test('a rule is taken as it is', () => {
  expect(parseRules([good])).toEqual([good]);
});

test.each([
  [[], 'rules is a list'],
  [[7], 'a rule is an object'],
  [[{ ...good, link: undefined }], 'a rule has an id and a link'],
  [[{ ...good, directions: ['up'] }], 'directions is a list of requests and answers'],
  [[{ ...good, sources: {} }], 'sources has a list of names, as only or as except'],
  [[{ ...good, sources: { only: ['p1'], except: [] } }], 'sources has a list of names, as only or as except'],
  [[{ ...good, what: { do: 'explode' } }], 'do is one of silence, latency'],
  [[{ ...good, what: { do: 'bandwidth', bytesPerSecond: 0 } }], 'bytesPerSecond of bandwidth is a number from 1 up'],
  [[{ ...good, what: { do: 'half-open' } }], 'gone is client or node'],
])('what is wrong is said: %j', (rules, message) => {
  expect(() => parseRules(rules)).toThrow(message);
});

test('who has no name is none of the named, and is among all but some', () => {
  expect(concerns({ sources: { only: ['p1'] } }, undefined)).toBe(false);
  expect(concerns({ sources: { except: ['b1'] } }, undefined)).toBe(true);
  expect(concerns({ sources: { except: ['b1'] } }, 'b1')).toBe(false);
});
