import { expect, test } from 'vitest';
import { layout } from '../../../src/products/bundled/layout.ts';
import { settings } from '../../support/settings.ts';

test('a name server and its brokers, each a process with a folder of its own', () => {
  let port = 20_000;
  const nodes = layout({
    cluster: settings(),
    programs: {},
    folder: '/run/nodes',
    port: () => ++port,
  });
  expect(nodes.map(({ id, role, address, folder }) => ({ id, role, address, folder }))).toEqual([
    { id: 'ns', role: 'name-server', address: undefined, folder: '/run/nodes/ns' },
    { id: 'b1', role: 'master', address: '127.0.0.1:20002', folder: '/run/nodes/b1' },
    { id: 'b2', role: 'master', address: '127.0.0.1:20003', folder: '/run/nodes/b2' },
  ]);
  expect(nodes[2]?.args.join(' ')).toMatch(
    /dist\/broker\/main\.js broker --host 127\.0\.0\.1 --port 20003 --folder \/run\/nodes\/b2 --id 2 --name-server 127\.0\.0\.1:20001 --max-batch-bytes 1114112 --secret-file \/run\/nodes\/members\/secret --exit-with-parent$/,
  );
});

test('the bundled broker is laid out as its settings say', () => {
  let port = 20_000;
  const nodes = layout({
    programs: {},
    cluster: settings({
      slaves: 1,
      flush: 'sync',
      replication: 'sync',
      failover: 'in-sync',
      inSyncReplicas: 2,
      defects: ['reorder', 'phantom'],
    }),
    folder: '/run/nodes',
    port: () => ++port,
  });
  expect(nodes.map(({ id, role }) => `${id} ${role}`)).toEqual([
    'ns name-server',
    'b1 master',
    'b2 master',
    'b1s1 slave',
    'b2s1 slave',
  ]);
  expect(nodes[0]?.args.join(' ')).toContain('--failover in-sync');
  const slave = nodes[4];
  expect(slave?.args.join(' ')).toContain(
    '--id 18 --name-server 127.0.0.1:20001 --max-batch-bytes 1114112 --set 2 --flush sync --replication sync --in-sync-replicas 2 --defect reorder --defect phantom',
  );
  expect(slave?.operator?.promote?.args.slice(1)).toEqual([
    'promote',
    '--name-server',
    '127.0.0.1:20001',
    '--node',
    '18',
    '--secret-file',
    '/run/nodes/members/secret',
  ]);
  expect(slave?.volume?.cutPower?.args.slice(1)).toEqual(['power-cut', '--folder', '/run/nodes/b2s1']);
  expect([nodes[0]?.volume, nodes[0]?.operator]).toEqual([undefined, undefined]);
});
