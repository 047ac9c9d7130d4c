import { expect, test } from 'vitest';
import { evidenceTexts } from '../../src/report/words/evidence.ts';
import { size } from '../../src/report/words/size.ts';

test('what a fault took is told, and what is usual is not', () => {
  const evidence = [
    {
      target: 'b1',
      cutPower: {
        signal: 'SIGKILL',
        droppedBytes: 12_800,
        cut: [
          { file: 'commit-log/0.log', syncedBytes: 100, droppedBytes: 12_288, keptBytes: 100 },
          { file: 'routes.json', syncedBytes: 0, droppedBytes: 300, keptBytes: 0 },
          { file: 'x', syncedBytes: 0, droppedBytes: 212, keptBytes: 0 },
        ],
      },
    },
    { target: 'b2', cutPower: { droppedBytes: 0, cut: [] } },
    { target: 'b3', wipe: { removedFiles: 4, removedBytes: 3_145_728 } },
    { target: 'b4', disk: { fail: 'EIO', on: ['write', 'sync'], done: true } },
    { target: 'b5', disk: { delayMs: 200, on: ['read', 'sync'], done: true } },
    { target: 'b6', disk: { hang: true, on: ['write'] } },
    { target: 'b7', damage: { damaged: [{ path: 'a.log', offset: 7, bytes: 1, bit: 3 }] } },
    {
      target: 'b8',
      damage: {
        damaged: [
          { path: 'a.log', offset: 512, bytes: 3584 },
          { path: 'b', bytes: 9 },
          { path: 'c', bytes: 1 },
        ],
      },
    },
    { target: 'b9', cutPower: { droppedBytes: 0, cut: [], bySize: true } },
    { target: 'b1s1', promote: { promoted: 17, epoch: 3 } },
    { target: 'b1', start: { ready: true, epoch: 3 } },
  ];
  expect(evidenceTexts({ evidence })).toEqual([
    'b1 lost 12.5 KiB not synced (commit-log/0.log 12 KiB, routes.json 300 B, 1 more)',
    'b2 lost nothing: all was synced',
    'b3 lost its disk: 4 files, 3 MiB',
    'b4 fails every write and sync with EIO',
    'b5 reads and syncs 200 ms slower',
    'b6 gets no answer to any write',
    'b7 is damaged: a bit of a.log flipped',
    'b8 is damaged: 3584 bytes of a.log zeroed, 9 bytes of b zeroed, 1 more',
    'b9 lost nothing that the sizes of its files tell',
    'b1s1 leads in epoch 3',
  ]);
});

test('whose connections with a node were bent, and how many there were', () => {
  const links = [{ link: 'b1', open: 6, met: 2, unidentified: 0 }];
  const both = { from: ['p1', 'c2'], direction: 'both', links };
  const link = (evidence: object) => evidenceTexts({ evidence: [{ target: 'b1', link: { ...both, ...evidence } }] });
  expect([
    ...link({ do: 'silence' }),
    ...link({ do: 'silence', direction: 'outbound' }),
    ...link({ do: 'latency', delayMs: 100, jitterMs: 20 }),
    ...link({ do: 'bandwidth', bytesPerSecond: 65_536 }),
    ...link({ do: 'reset' }),
    ...link({ do: 'cut-after', bytes: 512, links: [...links, { link: 'b2', met: 1 }] }),
    ...evidenceTexts({ evidence: [{ target: 'b1', link: { links, probed: [] } }] }),
  ]).toEqual([
    'b1 is cut off from p1, c2 (2 open connections)',
    'b1 is not heard by p1, c2 (2 open connections)',
    'b1 is 100 ms ± 20 away from p1, c2 (2 open connections)',
    'b1 exchanges 64 KiB a second with p1, c2 (2 open connections)',
    'b1 and p1, c2: connections reset (2 open connections)',
    'b1 and p1, c2: each connection ends after 512 B (3 open connections)',
  ]);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [5 * 1024 ** 4, '5120 GiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});
