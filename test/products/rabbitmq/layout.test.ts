import { expect, test } from 'vitest';
import type { Advertise } from '../../../src/products/product.ts';
import { layout } from '../../../src/products/rabbitmq/layout.ts';
import { rabbitmqPlan, rabbitmqSchema } from '../../../src/products/rabbitmq/settings.ts';

function layOut(keys: Record<string, unknown> = {}, advertise?: Advertise) {
  let port = 20_000;
  return layout({
    ...(advertise === undefined ? {} : { advertise }),
    cluster: rabbitmqPlan(rabbitmqSchema.parse({ broker: 'rabbitmq', ...keys })),
    folder: '/run/nodes',
    port: () => ++port,
    programs: { 'rabbitmq-server': '/opt/rabbit/sbin/rabbitmq-server', epmd: '/usr/bin/epmd' },
  });
}

test('the port mapper comes first, in the foreground, and holds no messages', () => {
  const [epmd, broker] = layOut();
  expect(epmd).toMatchObject({ id: 'epmd', role: 'support', order: 0, command: '/usr/bin/epmd' });
  expect(epmd?.args).toEqual(['-port', '20001', '-address', '127.0.0.1']);
  expect(epmd).not.toHaveProperty('address');
  expect(broker).toMatchObject({ id: 'rabbit1', role: 'node', address: '127.0.0.1:20002' });
  expect(broker?.order).toBeUndefined();
});

test('no Erlang program of ours may start a port mapper as a daemon', () => {
  for (const { environment } of layOut({ nodes: 3 })) {
    expect(environment).toMatchObject({ ERL_ZFLAGS: '-start_epmd false', ERL_EPMD_PORT: '20001' });
  }
});

test('behind links nodes ask where the links between them are, and an operator where the nodes are', () => {
  const asked: string[] = [];
  const advertise: Advertise = (node, address, { part } = {}) => {
    asked.push(`${node}/${part ?? 'clients'} ${address}`);
    return `127.0.0.1:${30_000 + asked.length}`;
  };
  const [epmd, one] = layOut({ nodes: 3 }, advertise);
  expect(asked.slice(0, 2)).toEqual(['rabbit1/peers 127.0.0.1:20003', 'rabbit1/clients 127.0.0.1:20002']);
  expect(epmd?.command).toBe(process.execPath);
  expect(epmd?.args.slice(1)).toEqual([
    ...['127.0.0.1', '20001', '20008'],
    ...['rabbit1=30001', 'rabbit2=30003', 'rabbit3=30005'],
  ]);
  expect(one?.environment).toMatchObject({ ERL_EPMD_PORT: '20008', RABBITMQ_DIST_PORT: '20003' });
  expect(one?.files?.find(({ path }) => path === 'rabbitmqctl')?.text).toContain("export ERL_EPMD_PORT='20001'");
  expect(one?.prepare?.environment).toMatchObject({ ERL_EPMD_PORT: '20001' });
  // one node meets nobody
  expect(layOut({}, advertise)[0]?.command).toBe('/usr/bin/epmd');
});

test('everything of a node is in its folder, on this machine, and on ports of its own', () => {
  const specs = layOut({ nodes: 3 });
  const ports = specs.flatMap(({ environment = {} }) => [
    environment.RABBITMQ_NODE_PORT,
    environment.RABBITMQ_DIST_PORT,
  ]);
  const given = ports.filter((port) => port !== undefined);
  expect(new Set(given).size).toBe(6);
  for (const { id, folder, environment = {} } of specs.slice(1)) {
    expect(folder).toBe(`/run/nodes/${id}`);
    for (const [name, value] of Object.entries(environment)) {
      if (value.startsWith('/') && value !== '/dev/null' && name !== 'HOME')
        expect(value, name).toContain(`${folder}/`);
    }
    expect(environment.HOME).toBe('/run/nodes/epmd/home');
    expect(environment.RABBITMQ_NODE_IP_ADDRESS).toBe('127.0.0.1');
    expect(environment.RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS).toContain('inet_dist_use_interface {127,0,0,1}');
    // so that the pid is the broker's
    expect(environment.RUNNING_UNDER_SYSTEMD).toBe('true');
  }
});

test('only a node with peers has somebody to be forgotten by', () => {
  expect(layOut()[1]).not.toHaveProperty('prepare');
  expect(layOut({ nodes: 3 })[1]).toMatchObject({
    prepare: { unless: 'data/rabbit1@localhost' },
    volume: { data: ['data'], mount: 'data' },
  });
  const script = layOut({ nodes: 3 })[2]?.files?.find(({ path }) => path === 'rejoin')?.text;
  expect(script).toContain('for peer in rabbit1 rabbit3;');
});

test('the configuration: bounds of our own, and the cluster', () => {
  const conf = (keys: Record<string, unknown>) =>
    layOut(keys)[1]?.files?.find(({ path }) => path === 'rabbitmq.conf')?.text ?? '';
  expect(conf({})).toContain('vm_memory_high_watermark.absolute = 2GB');
  expect(conf({})).not.toContain('peer_discovery');
  const three = conf({ nodes: 3, partitionHandling: 'pause_minority' });
  expect(three).toContain('cluster_partition_handling = pause_minority');
  expect(three).toContain('net_ticktime = 60\n');
  expect(conf({ nodes: 3, tickTime: '4500ms' })).toContain('net_ticktime = 5\n');
  expect(three).toContain('cluster_formation.classic_config.nodes.3 = rabbit3@localhost');
});

test('commands of the folder carry the whole environment, quoted', () => {
  const ctl = layOut()[1]?.files?.find(({ path }) => path === 'rabbitmqctl');
  expect(ctl?.mode).toBe(0o755);
  expect(ctl?.text).toContain("export HOME='/run/nodes/epmd/home'");
  expect(ctl?.text).toContain('exec \'/opt/rabbit/sbin/rabbitmqctl\' "$@"');
});
