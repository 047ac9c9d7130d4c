/** Clients from elsewhere: addresses that they are told, TLS, logins, and a topic that is filled. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { hasProgram } from '../../src/cluster/process.ts';
import { kafkaHome, missingKafka } from '../support/kafka.ts';
import { type Standing, startBroker } from '../support/standing.ts';
import { Workspace } from '../support/tool.ts';

const kcat = (await hasProgram('kcat', '-V')) ? undefined : 'kcat is not installed';
if (kcat !== undefined && process.env.CI === 'true') throw new Error(kcat);
const java = missingKafka();
const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));

function clientOf({ bootstrap, ca }: Standing, sasl?: SASLOptions): Kafka {
  return new Kafka({
    brokers: bootstrap.split(','),
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
    ...(ca === undefined ? {} : { ssl: { ca: [readFileSync(ca)] } }),
    ...(sasl === undefined ? {} : { sasl }),
  });
}

async function topicsOf(kafka: Kafka): Promise<string[]> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

const login = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', password = 'secret') =>
  ({ mechanism, username: 'alice', password }) as SASLOptions;

describe('addresses', () => {
  it.skipIf(!hasIpv6 || kcat !== undefined)(`IPv6, with replicas (${kcat ?? 'needs ::1'})`, async () => {
    await using broker = await startBroker(
      '--listen',
      '::1',
      '--slaves',
      '1',
      '--replication',
      'sync',
      '--topic',
      'a:1',
    );
    expect(broker.bootstrap).toMatch(/^\[::1\]:\d+,\[::1\]:\d+$/);
    const ran = (args: string[], input = ''): string =>
      spawnSync('kcat', ['-b', broker.bootstrap, ...args], { encoding: 'utf8', input }).stdout;
    ran(['-t', 'a', '-P'], 'hello\n');
    expect(ran(['-t', 'a', '-C', '-e', '-q'])).toBe('hello\n');
  });

  it.skipIf(kcat !== undefined)(
    'clients are told what is advertised, while nodes and mqchaos reach each other (needs kcat)',
    async () => {
      await using broker = await startBroker(
        ...['--listen', '0.0.0.0', '--advertise', 'broker.example:19092', '--masters', '2', '--topic', 'a:2'],
      );
      expect(broker.bootstrap).toBe('broker.example:19092,broker.example:19093');
      const status = JSON.parse((await broker.order('status', '--json')).stdout);
      const reached = status.nodes.flatMap((node: { reached?: string }) => node.reached ?? []);
      const said = spawnSync('kcat', ['-b', reached.join(','), '-L'], { encoding: 'utf8' }).stdout;
      const brokers = [...said.matchAll(/broker \d+ at (\S+?)(?: \(controller\))?$/gm)].map(([, place]) => place);
      expect(brokers.sort()).toEqual(broker.bootstrap.split(','));
      expect(status.topics).toMatchObject([{ topic: 'a' }]);
    },
  );

  it('names a wrong address with the remedy, and leaves nothing behind', async () => {
    using workspace = new Workspace();
    const wrong: [string[], number, string][] = [
      [['--listen', '203.0.113.9'], 4, '203.0.113.9 is no address of this machine'],
      [['--listen', 'nowhere.invalid'], 4, 'nobody here knows the host nowhere.invalid'],
      [['--advertise', '0.0.0.0'], 2, 'clients cannot connect to 0.0.0.0'],
      [['--advertise', 'a,b'], 2, '2 places for 1 brokers'],
      [['--listen', 'localhost:1000', '--port', '1001'], 2, '--listen says port 1000'],
      [['--listen', '0.0.0.0', '--links'], 2, '--listen does not go with --links'],
      [['--tls-cert', 'x.pem'], 2, '--tls-cert and --tls-key go together'],
    ];
    for (const [args, exit, message] of wrong) {
      const { code, stderr } = await workspace.run(['broker', 'start', ...args]);
      expect([code, stderr]).toEqual([exit, expect.stringContaining(message)]);
    }
  });
});

describe('TLS and logins', () => {
  it('kafkajs gets in by each mechanism, and who does not is named', async () => {
    await using broker = await startBroker(
      ...['--tls', '--sasl', 'alice:secret', '--masters', '2', '--slaves', '1', '--topic', 'a:4'],
    );
    expect(broker.protocol).toBe('SASL_SSL');
    const files = dirname(broker.ca ?? '');
    for (const secret of ['ca.key', 'server.key', 'users.json']) {
      expect([secret, statSync(join(files, secret)).mode & 0o777]).toEqual([secret, 0o600]);
    }
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
      expect(await topicsOf(clientOf(broker, login(mechanism)))).toEqual(['a']);
      await expect(topicsOf(clientOf(broker, login(mechanism, 'wrong')))).rejects.toThrow(/invalid/i);
    }
    await expect(topicsOf(clientOf(broker))).rejects.toThrow();
    await expect(
      topicsOf(
        new Kafka({ ...{ brokers: broker.bootstrap.split(','), logLevel: logLevel.NOTHING }, retry: { retries: 0 } }),
      ),
    ).rejects.toThrow();
    expect((await broker.order('fault', 'kill', 'b1', '--for', '100ms')).code).toBe(0);
    expect((await broker.order('status')).stdout).toMatch(/b1 +master +ready[\s\S]*topic a +4 partitions/);
    const said = broker.said();
    expect(said).toContain("cannot log in by SCRAM-SHA-512: wrong password of 'alice'");
    expect(said).toContain('does not log in, but this port wants a login');
    expect(said).toContain('speaks without TLS, but this port wants it: set security.protocol to SASL_SSL');
    expect(said).not.toContain('secret');
  });

  it.skipIf(kcat !== undefined)(`kcat (${kcat ?? 'real'})`, async () => {
    await using broker = await startBroker('--tls', '--sasl', 'alice:secret', '--topic', 'a:1');
    const secured = ['security.protocol=SASL_SSL', `ssl.ca.location=${broker.ca}`, 'sasl.mechanism=PLAIN'];
    const given = [...secured, 'sasl.username=alice', 'sasl.password=secret'].flatMap((one) => ['-X', one]);
    const ran = (args: string[], input = ''): string =>
      spawnSync('kcat', ['-b', broker.bootstrap, ...given, ...args], { encoding: 'utf8', input }).stdout;
    ran(['-t', 'a', '-P'], 'hello\n');
    expect(ran(['-t', 'a', '-C', '-e', '-q'])).toBe('hello\n');
  });

  it.skipIf(java !== undefined)(`Kafka's own tools (${java ?? 'real'})`, async () => {
    await using broker = await startBroker('--tls', '--sasl', 'alice:secret', '--topic', 'a:1');
    const properties = join(dirname(broker.ca ?? ''), 'client.properties');
    const module = 'org.apache.kafka.common.security.scram.ScramLoginModule';
    const lines = [
      ...['security.protocol=SASL_SSL', 'ssl.truststore.type=PEM', `ssl.truststore.location=${broker.ca}`],
      ...['sasl.mechanism=SCRAM-SHA-512', `sasl.jaas.config=${module} required username="alice" password="secret";`],
    ];
    writeFileSync(properties, lines.join('\n'));
    const tool = 'org.apache.kafka.tools.TopicCommand';
    const { stdout } = spawnSync(
      'java',
      [tool, '--bootstrap-server', broker.bootstrap, '--command-config', properties, '--list'],
      { encoding: 'utf8', env: { ...process.env, CLASSPATH: join(kafkaHome, 'libs', '*') } },
    );
    expect(stdout.trim()).toBe('a');
  });
});

it('a topic is filled once, and a mistake in the file is told with its line', async () => {
  using workspace = new Workspace();
  const file = join(workspace.folder, 'a.ndjson');
  const folder = join(workspace.folder, 'kept');
  const lines = Array.from({ length: 5000 }, (_, n) => JSON.stringify({ key: `k${n % 7}`, value: `v${n}` }));
  writeFileSync(file, lines.join('\n'));
  const ends = async (...args: string[]): Promise<[number, string]> => {
    await using broker = await startBroker('--folder', folder, ...args);
    const { topics } = JSON.parse((await broker.order('status', '--json')).stdout);
    const sum = topics[0].partitions.reduce((all: number, { end }: { end: number }) => all + end, 0);
    return [sum, broker.said()];
  };
  expect(await ends('--topic', 'a:3', '--load', `a=${file}`)).toEqual([5000, expect.stringContaining('5000 messages')]);
  expect(await ends('--load', `a=${file}`)).toEqual([5000, expect.stringContaining('nothing is loaded again')]);
  writeFileSync(file, '{"value":"other"}\n');
  const again = await workspace.run(['broker', 'start', '--folder', folder, '--load', `a=${file}`]);
  expect([again.code, again.stderr]).toEqual([4, expect.stringContaining('a is not empty')]);
  writeFileSync(file, '{"value":"v"}\n{"value":7}\n');
  const wrong = await workspace.run(['broker', 'start', '--load', `b=${file}`]);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining(`${file}:2: value: expected a text`)]);
});
