import { describe, expect, test } from 'vitest';
import { checkRabbitmq } from '../../../src/products/rabbitmq/check.ts';
import { rabbitmq } from '../../../src/products/rabbitmq/product.ts';
import { rabbitmqPlan, rabbitmqPlanSchema, rabbitmqSchema } from '../../../src/products/rabbitmq/settings.ts';

const parse = (keys: Record<string, unknown>) => rabbitmqSchema.parse({ broker: 'rabbitmq', ...keys });

function told(keys: Record<string, unknown>): string[] {
  const found: string[] = [];
  checkRabbitmq(
    parse(keys),
    (key) => key in keys,
    (key, message) => found.push(`${key}: ${message}`),
  );
  return found;
}

describe('a plan has every choice made, and is read again', () => {
  test.each([
    [{}, { nodes: 1, queue: 'classic', deadLetter: 'at-most-once', partitionHandling: 'ignore' }],
    [{ nodes: 3 }, { nodes: 3, queue: 'quorum' }],
    [
      { nodes: 3, queue: 'classic' },
      { nodes: 3, queue: 'classic' },
    ],
    [{ queue: 'quorum', deadLetter: 'at-least-once' }, { overflow: 'reject-publish' }],
    [{ attach: 'localhost:5672' }, { attach: ['localhost:5672'], queue: 'quorum', vhost: '/' }],
  ])('%o', (keys, expected) => {
    const plan = rabbitmqPlan(parse(keys));
    expect(plan).toMatchObject(expected);
    expect(rabbitmqPlanSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  test('an attached cluster has no nodes of ours', () => {
    const plan = rabbitmqPlan(parse({ attach: 'localhost:5672' }));
    expect(plan).not.toHaveProperty('nodes');
    expect(rabbitmq.nodes(plan)).toEqual([]);
  });
});

describe('what does not go together', () => {
  test.each([
    [{}, []],
    [{ nodes: 3, partitionHandling: 'pause_minority' }, []],
    [{ queue: 'classic', persistent: false }, []],
    [{ partitionHandling: 'autoheal' }, [/^partitionHandling: means nothing with one node/]],
    [{ tickTime: '5s' }, [/^tickTime: means nothing with one node/]],
    [{ queue: 'quorum', persistent: false }, [/^persistent: quorum queues keep/]],
    [{ nodes: 3, durable: false }, [/^durable: quorum queues are always durable/]],
    [{ overflow: 'reject-publish' }, [/^overflow: means nothing without a bound/]],
    [{ deadLetter: 'at-least-once' }, [/^deadLetter: only quorum queues/]],
    [
      { queue: 'quorum', deadLetter: 'at-least-once', overflow: 'drop-head' },
      [/^overflow: with 'drop-head' the broker/],
    ],
    [{ vhost: 'x', management: 'http://localhost:15672' }, [/^vhost: goes with 'attach'/, /^management: goes with/]],
    [{ attach: 'localhost:5672', nodes: 3 }, [/^nodes: does not go with 'attach'/]],
  ])('%o', (keys, expected) => {
    expect(told(keys)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });
});

describe('nodes and what can be done to them', () => {
  const faces = (keys: Record<string, unknown>) => rabbitmq.nodes(parse(keys));
  test('the port mapper is no broker', () => {
    expect(faces({ nodes: 2 }).map(({ id, role }) => [id, role])).toEqual([
      ['epmd', 'support'],
      ['rabbit1', 'node'],
      ['rabbit2', 'node'],
    ]);
    expect(faces({})[0]?.controls).not.toContain('wipe');
  });
  test('a disk is lost where the loss can be healed', () => {
    expect(faces({ nodes: 3 })[1]?.controls).toContain('wipe');
    expect(faces({ nodes: 2, queue: 'classic' })[1]?.controls).toContain('wipe');
    expect(faces({ nodes: 2 })[1]?.controls).not.toContain('wipe');
    expect(rabbitmq.absent?.('wipe', parse({ nodes: 2 }))).toMatch(/set cluster.nodes to 3/);
  });
});

describe('what keys of other products mean here', () => {
  test.each([
    [{}, { nodes: 1 }, []],
    [{ masters: 1, prefetch: 5 }, { nodes: 1, prefetch: 5 }, []],
    [{ masters: 2 }, { nodes: 3 }, []], // the queue needs a majority when one of them is away
    [{ masters: 1, slaves: 1, replication: 'sync', failover: 'in-sync' }, { nodes: 3, queue: 'quorum' }, []],
    [{ masters: 1, flush: 'sync' }, { nodes: 1, queue: 'quorum' }, []],
    [{ slaves: 1, replication: 'async', flushInterval: '1s' }, { nodes: 3 }, ['replication', 'flushInterval']],
  ])('%o', (given, keys, refused) => {
    expect(rabbitmq.adopt?.(given)).toEqual({ keys, refused });
  });
});
