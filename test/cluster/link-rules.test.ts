import { describe, expect, test } from 'vitest';
import type { LinkBend } from '../../src/cluster/controls.ts';
import { rulesFor } from '../../src/cluster/links/link-rules.ts';
import { parseRules } from '../../src/link/rule.ts';

const link = (node: string, name = node) => ({ node, name, listen: '127.0.0.1:1', target: '127.0.0.1:2' });
const links = [link('b1'), link('b1', 'b1/controller'), link('b2'), link('ns')];
const names = { nodes: ['ns', 'b1', 'b2'], producers: ['p1', 'p2'], consumers: ['c1'] };

function rules(from: readonly string[], more: Partial<LinkBend> = {}) {
  const bend: LinkBend = { from, direction: 'both', what: { do: 'silence' }, seed: 1, ...more };
  return rulesFor('b1', bend, links, names);
}

describe('who is at the other end', () => {
  test('clients are all that are no node, with a name or without', () => {
    expect(rules(['clients']).map(({ link: at, sources }) => [at, sources])).toEqual([
      ['b1', { except: ['ns', 'b1', 'b2'] }],
      ['b1/controller', { except: ['ns', 'b1', 'b2'] }],
    ]);
  });

  test('a worker, and a word for some of them', () => {
    expect(rules(['p1'])[0]?.sources).toEqual({ only: ['p1'] });
    expect(rules(['producers', 'c1'])[0]?.sources).toEqual({ only: ['p1', 'p2', 'c1'] });
  });

  test('peers have connections that they opened, and such that the node has opened', () => {
    expect(rules(['peers']).map(({ link: at, sources }) => [at, sources])).toEqual([
      ['b1', { only: ['ns', 'b2'] }],
      ['b1/controller', { only: ['ns', 'b2'] }],
      ['b2', { only: ['b1'] }],
      ['ns', { only: ['b1'] }],
    ]);
  });

  test('everyone is all but the node itself', () => {
    expect(rules(['everyone'])[0]?.sources).toEqual({ except: ['b1'] });
    expect(rules(['clients', 'b2'])[0]?.sources).toEqual({ except: ['ns', 'b1'] });
  });
});

test('the direction is as the node sees it, whoever has opened the connection', () => {
  const inbound = rules(['b2'], { direction: 'inbound' });
  expect(inbound.map(({ link: at, directions }) => [at, directions])).toEqual([
    ['b1', ['requests']],
    ['b1/controller', ['requests']],
    ['b2', ['answers']],
  ]);
  expect(rules(['b2'], { direction: 'outbound' }).map(({ directions }) => directions)).toEqual([
    ['answers'],
    ['answers'],
    ['requests'],
  ]);
});

test('of a half-open connection that the node has opened, the node is the client', () => {
  const gone = rules(['b2'], { what: { do: 'half-open', gone: 'node' } }).map(({ what }) => what);
  expect(gone).toEqual([
    { do: 'half-open', gone: 'node' },
    { do: 'half-open', gone: 'node' },
    { do: 'half-open', gone: 'client' },
  ]);
});

test('the link takes what is made here', () => {
  const all = rules(['everyone'], { what: { do: 'latency', delayMs: 5, jitterMs: 1 } });
  expect(parseRules(JSON.parse(JSON.stringify(all)))).toEqual(all);
});
