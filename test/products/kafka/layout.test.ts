import { expect, test } from 'vitest';
import { layout } from '../../../src/products/kafka/layout.ts';
import { kafkaPlanOf } from './own-cluster.ts';

const programs = { java: '/usr/bin/java', kafka: '/opt/kafka/libs' };

function laidOut(keys: Readonly<Record<string, unknown>>, folder = '/run/nodes') {
  let port = 20_000;
  return layout({ cluster: kafkaPlanOf(keys), folder, programs, port: () => ++port });
}

function properties(keys: Readonly<Record<string, unknown>>, folder?: string): Map<string, string>[] {
  return laidOut(keys, folder).map(({ files = [] }) => {
    const text = files.find(({ path }) => path === 'server.properties')?.text ?? '';
    return new Map(
      text
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
  });
}

test('each node is a process with a folder and two ports of its own, and all know all controllers', () => {
  const nodes = laidOut({ nodes: 3 });
  expect(nodes.map(({ id, role, address, addresses, folder }) => [id, role, address, addresses, folder])).toEqual([
    ['k1', 'node', '127.0.0.1:20001', { controller: '127.0.0.1:20002' }, '/run/nodes/k1'],
    ['k2', 'node', '127.0.0.1:20003', { controller: '127.0.0.1:20004' }, '/run/nodes/k2'],
    ['k3', 'node', '127.0.0.1:20005', { controller: '127.0.0.1:20006' }, '/run/nodes/k3'],
  ]);
  for (const [index, values] of properties({ nodes: 3 }).entries()) {
    expect(values.get('node.id')).toBe(String(index + 1));
    expect(values.get('controller.quorum.voters')).toBe('1@127.0.0.1:20002,2@127.0.0.1:20004,3@127.0.0.1:20006');
    expect(values.get('log.dirs')).toBe(`/run/nodes/k${index + 1}/disks/data`);
    expect(values.get('metadata.log.dir')).toBe(`/run/nodes/k${index + 1}/disks/metadata`);
  }
});

test('storage is formatted where there is none, also when only the disk of the messages was lost', () => {
  const [node] = laidOut({});
  expect(node?.prepare).toMatchObject({ command: '/usr/bin/java', unless: 'disks/data/meta.properties' });
  expect(node?.prepare?.args.slice(-8, -5)).toEqual(['/opt/kafka/libs/*', 'kafka.tools.StorageTool', 'format']);
  expect(node?.prepare?.args).toContain('--ignore-formatted');
  expect(node?.volume).toEqual({ data: ['disks/data'], mount: 'disks' });
});

test('the id of a cluster is 16 bytes in 22 characters, one for a run, another for another', () => {
  const idOf = (folder: string) => laidOut({}, folder)[0]?.prepare?.args.at(-4);
  const ids = Array.from({ length: 300 }, (_, run) => idOf(`/run/${run}`));
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
  expect(new Set(ids).size).toBe(300);
  expect(idOf('/run/1')).toBe(ids[1]);
});

test('the settings are those of the plan', () => {
  const [values] = properties({
    nodes: 3,
    replicationFactor: 2,
    minInsyncReplicas: 2,
    uncleanElection: true,
    sessionTimeout: '9s',
  });
  expect(Object.fromEntries(values ?? [])).toMatchObject({
    'default.replication.factor': '2',
    'offsets.topic.replication.factor': '2',
    'min.insync.replicas': '2',
    'unclean.leader.election.enable': 'true',
    'broker.session.timeout.ms': '9000',
    'group.min.session.timeout.ms': '500',
  });
  expect(values?.has('log.flush.interval.messages')).toBe(false);
  expect(properties({ flush: 'every-message' })[0]?.get('log.flush.interval.messages')).toBe('1');
  expect(laidOut({ heap: '1GiB' })[0]?.args).toContain('-Xmx1024m');
});

test('nothing is written outside of the folder: no counters in /tmp, no libraries unpacked there', () => {
  const { args = [] } = laidOut({})[0] ?? {};
  expect(args).toContain('-XX:-UsePerfData');
  expect(args).toContain('-Djava.io.tmpdir=/run/nodes/k1');
});

test('folders with odd names are written as Java reads them; one with a comma is refused', () => {
  expect(properties({}, '/run/ä\\b c')[0]?.get('log.dirs')).toBe('/run/\\u00e4\\\\b c/k1/disks/data');
  expect(() => laidOut({}, '/run/a,b')).toThrow(expect.objectContaining({ code: 'folder-name', exitCode: 4 }));
});
