import { expect, test } from 'vitest';
import { layout } from '../../../src/products/rabbitmq/layout.ts';
import { rabbitmqPlan, rabbitmqSchema } from '../../../src/products/rabbitmq/settings.ts';

function layOut(keys: Record<string, unknown> = {}) {
  let port = 20_000;
  return layout({
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
  expect(three).toContain('cluster_formation.classic_config.nodes.3 = rabbit3@localhost');
});

test('commands of the folder carry the whole environment, quoted', () => {
  const ctl = layOut()[1]?.files?.find(({ path }) => path === 'rabbitmqctl');
  expect(ctl?.mode).toBe(0o755);
  expect(ctl?.text).toContain("export HOME='/run/nodes/epmd/home'");
  expect(ctl?.text).toContain('exec \'/opt/rabbit/sbin/rabbitmqctl\' "$@"');
});
