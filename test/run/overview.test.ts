import { expect, it } from 'vitest';
import { statusLines } from '../../src/cli/standing/status.ts';
import { overviewOf } from '../../src/run/standing/overview.ts';

const member = { id: 'm-1', clientId: 'app', host: '127.0.0.1' };

it('puts together what each node leads, and a group’s lag over all of them', () => {
  const overview = overviewOf([
    { id: 'ns', said: {} },
    { id: 'b1', said: { partitions: [{ topic: 'orders', partition: 1, start: 0, end: 10 }], groups: [] } },
    {
      id: 'b2',
      said: {
        partitions: [{ topic: 'orders', partition: 0, start: 2, end: 7 }],
        groups: [
          {
            ...{ group: 'g', state: 'Stable', members: [member], lastCommitAgeMs: 1234 },
            committed: [
              { topic: 'orders', partition: 0, offset: 7 },
              { topic: 'orders', partition: 1, offset: 4 },
              { topic: 'orders', partition: 2, offset: 4 },
            ],
          },
        ],
      },
    },
  ]);
  expect(overview.topics).toEqual([
    {
      topic: 'orders',
      partitions: [
        { partition: 0, leader: 'b2', start: 2, end: 7 },
        { partition: 1, leader: 'b1', start: 0, end: 10 },
      ],
    },
  ]);
  expect(overview.groups[0]).toMatchObject({ group: 'g', coordinator: 'b2', lag: 6 });
  expect(overview.groups[0]?.offsets.map(({ lag }) => lag)).toEqual([0, 6, null]);
  const lines = statusLines({ bootstrap: 'h:1', folder: '/f', nodes: [], faults: [], ...overview });
  expect(lines.slice(2)).toEqual([
    'topic orders  2 partitions, 15 messages, ends 7 10',
    'group g  Stable, 1 member, lag 6, last commit 1.2 s ago',
  ]);
});
