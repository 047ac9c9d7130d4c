/**
 * Formats by files that the real tools write here: Kafka's verifiable producer and consumer, its console consumer, and
 * kcat, against a real Kafka that is killed meanwhile. OpenChaos and Jepsen run for minutes on five machines; what they
 * write is in `samples/`, by hand after their sources.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { packageFolder } from '../../src/cluster/program.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { kafkaHome, missingKafka, type RealKafka, startKafka, until } from '../support/kafka.ts';
import { Workspace } from '../support/tool.ts';

const missing = missingKafka() ?? (spawnSync('kcat', ['-V']).error === undefined ? undefined : 'kcat is not installed');
if (missing !== undefined && process.env.CI === 'true') throw new Error(missing);

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());
const file = (name: string): string => join(workspace.folder, name);

async function audited(args: readonly string[]): Promise<RunRecord> {
  const { stdout, stderr, code } = await workspace.run(['audit', ...args, '--json']);
  expect(stderr).toBe('');
  const record = JSON.parse(stdout) as RunRecord;
  expect(code).toBe({ pass: 0, fail: 1, inconclusive: 3 }[record.verdict.value]);
  return record;
}

const of = (record: RunRecord, name: string): number => record.findings.find((each) => each.class === name)?.count ?? 0;
const undecided = (record: RunRecord, name: string) => record.findings.find((each) => each.class === name)?.undecided;

describe.skipIf(missing !== undefined)(`real tools${missing === undefined ? '' : `: skipped, ${missing}`}`, () => {
  let kafka: RealKafka;
  const java = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m', '-cp', `${kafkaHome}/libs/*`];

  /** A tool of Kafka's, to its end; what it writes on stdout is the file `name`. */
  async function tool(name: string, main: string, args: readonly string[]): Promise<string> {
    const bootstrap = ['--bootstrap-server', kafka.bootstrap];
    const { stdout } = await promisify(execFile)('java', [...java, main, ...bootstrap, ...args], {
      maxBuffer: 1 << 26,
      timeout: 60_000,
    });
    writeFileSync(file(name), stdout);
    return file(name);
  }

  const produce = (name: string, topic: string, count: number, more: readonly string[] = []): Promise<string> =>
    tool(name, 'org.apache.kafka.tools.VerifiableProducer', [
      ...['--topic', topic, '--max-messages', String(count), '--value-prefix', '7', ...more],
    ]);
  const consume = (name: string, topic: string, count: number, more = ['--verbose']): Promise<string> =>
    tool(name, 'org.apache.kafka.tools.VerifiableConsumer', [
      ...['--topic', topic, '--group-id', name, '--max-messages', String(count), ...more],
    ]);

  async function withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      return await use(admin);
    } finally {
      await admin.disconnect();
    }
  }

  beforeAll(async () => {
    kafka = await startKafka({ properties: ['group.initial.rebalance.delay.ms=0'] });
    const topics = ['whole', 'counted', 'deleted', 'killed'].map((topic) => ({ topic, numPartitions: 3 }));
    await withAdmin((admin) => admin.createTopics({ topics, waitForLeaders: true }));
  }, 120_000);
  afterAll(async () => {
    await kafka[Symbol.asyncDispose]();
  });

  test('verifiable: all there, and in order', async () => {
    const sent = await produce('sent', 'whole', 2000);
    const received = await consume('received', 'whole', 2000);
    const record = await audited(['--format', 'verifiable', '--sent', sent, '--received', received]);
    expect(record.verdict.value).toBe('pass');
    expect(record.counts).toMatchObject({ acked: 2000, ackedDelivered: 2000, reordered: 0, deliveries: 2000 });
    expect(undecided(record, 'reordered')).toBeUndefined();
    expect(undecided(record, 'misrouted')).toBeUndefined();
  });

  test('verifiable: a line that is missing by the tool’s own count is no loss, and a quiet consumer is refused', async () => {
    const sent = await produce('counted', 'counted', 100);
    const received = await consume('counted.received', 'counted', 100);
    const lines = readFileSync(received, 'utf8').split('\n');
    lines.splice(lines.findIndex((line) => line.includes('record_data')) + 3, 1);
    writeFileSync(received, lines.join('\n'));
    const record = await audited(['--format', 'verifiable', '--sent', sent, '--received', received]);
    expect([record.verdict.value, record.counts.lost, record.counts.unseen]).toEqual(['inconclusive', 0, 1]);
    expect(record.verdict.reasons[0]).toContain('counted.received: its consumer counts 100 records, and it has 99');

    const quiet = await consume('quiet', 'counted', 100, []);
    const { code, stderr } = await workspace.run([
      'audit',
      '--format',
      'verifiable',
      '--sent',
      sent,
      '--received',
      quiet,
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/quiet:\d+: it counts records and names none: the consumer ran without --verbose/);
  });

  test('kcat and the console consumer: what a broker deleted is lost, and the rest is there', async () => {
    const sent = await produce('deleted', 'deleted', 500);
    await withAdmin(async (admin) => {
      const ends = await admin.fetchTopicOffsets('deleted');
      const partition = ends.find(({ high }) => Number(high) > 5)?.partition ?? 0;
      await admin.deleteTopicRecords({ topic: 'deleted', partitions: [{ partition, offset: '5' }] });
    });

    const { stdout } = await promisify(execFile)(
      'kcat',
      ['-b', kafka.bootstrap, '-C', '-t', 'deleted', '-o', 'beginning', '-e', '-q', '-J'],
      { maxBuffer: 1 << 26, timeout: 60_000 },
    );
    writeFileSync(file('kcat'), stdout);
    const printed = ['timestamp', 'partition', 'offset', 'key'].flatMap((each) => [
      '--formatter-property',
      `print.${each}=true`,
    ]);
    const console_ = await tool('console', 'org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...['--topic', 'deleted', '--from-beginning', '--max-messages', '495', ...printed],
    ]);
    for (const [format, received] of [
      ['kcat', file('kcat')],
      ['console-consumer', console_],
    ] as const) {
      const formats = ['--sent-format', 'verifiable', '--received-format', format];
      const record = await audited([...formats, '--sent', sent, '--received', received]);
      expect(record.verdict.value).toBe('fail');
      expect(record.counts).toMatchObject({ acked: 500, lost: 5, ackedDelivered: 495, reordered: 0, phantom: 0 });
      expect(record.findings.find((each) => each.class === 'lost')?.examples[0]?.message).toMatch(/^7\.\d+$/);
    }
    const swapped = await workspace.run([
      'audit',
      '--format',
      'verifiable',
      '--sent',
      file('kcat'),
      '--received',
      sent,
    ]);
    expect(swapped.code).toBe(2);
    expect(swapped.stderr).toContain('kcat:1: no name of an event in it');
    expect(swapped.stderr).toContain('it looks like --received in the format kcat');

    // from a pipe, compressed, as one would from kubectl logs
    const piped = spawnSync(
      'sh',
      [
        '-c',
        `gzip -c kcat | '${process.execPath}' '${resolve(packageFolder, 'bin/mqchaos.js')}' audit --json \
        --sent-format verifiable --sent '${sent}' --received-format kcat --received -`,
      ],
      { cwd: workspace.folder, encoding: 'utf8', timeout: 60_000 },
    );
    expect([piped.status, piped.stderr]).toEqual([1, '']);
    expect((JSON.parse(piped.stdout) as RunRecord).counts.lost).toBe(5);
  });

  /** Whatever a test came to, its tools end with it. */
  const producers: ChildProcess[] = [];
  afterEach(() => {
    for (const each of producers.splice(0)) each.kill('SIGKILL');
  });

  test('verifiable: what a dead broker did not answer is unknown, and what a dead producer sent is no phantom', async () => {
    // without any broker the client forgets its metadata (KIP-899): from then on every send waits for max.block.ms
    writeFileSync(
      file('impatient.properties'),
      'delivery.timeout.ms=3000\nrequest.timeout.ms=1000\nlinger.ms=0\nretry.backoff.ms=100\nmax.block.ms=300\n',
    );
    const producer = (name: string) => {
      const args = ['--topic', 'killed', '--throughput', '500', '--value-prefix', name];
      const config = ['--command-config', file('impatient.properties')];
      const main = 'org.apache.kafka.tools.VerifiableProducer';
      const child = spawn('java', [...java, main, '--bootstrap-server', kafka.bootstrap, ...args, ...config], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      producers.push(child);
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += String(chunk);
      });
      const ended = new Promise<void>((end) => child.once('close', () => end()));
      const lines = (word: string): number => text.split(word).length - 1;
      return { child, lines, ended, text: () => text };
    };
    const patient = producer('1');
    await until('messages are acked', 60_000, () => patient.lines('producer_send_success') > 200);
    await kafka.kill();
    await until('messages are not', 60_000, () => patient.lines('producer_send_error') > 20);
    patient.child.kill('SIGTERM');
    await patient.ended;
    await kafka.start();
    const killed = producer('2');
    await until('messages are acked again', 60_000, () => killed.lines('producer_send_success') > 200);
    killed.child.kill('SIGKILL');
    await killed.ended;
    writeFileSync(file('errors'), patient.text());
    writeFileSync(file('cut'), killed.text());

    const ends = await withAdmin((admin) => admin.fetchTopicOffsets('killed'));
    const stored = ends.reduce((sum, { high }) => sum + Number(high), 0);
    const received = await consume('killed.received', 'killed', stored);
    const record = await audited([
      '--format',
      'verifiable',
      '--sent',
      file('errors'),
      file('cut'),
      '--received',
      received,
    ]);
    const acked = [patient, killed].reduce((sum, each) => sum + each.lines('producer_send_success'), 0);
    expect(record.counts).toMatchObject({ acked, lost: 0, phantom: 0, contradicted: 0, deliveries: stored });
    expect(record.counts.unknown).toBeGreaterThan(20);
    expect(of(record, 'undelivered') + of(record, 'recovered')).toBe(record.counts.unknown);
    expect(record.assumptions?.[0]).toMatch(/^cut: a producer did not come to its end/);
  });
});

describe('samples after the sources', () => {
  const sample = (name: string): string => join(packageFolder, 'test/journal/samples', name);
  const both = (format: string, name: string): Promise<RunRecord> =>
    audited(['--format', format, '--sent', sample(name), '--received', sample(name)]);

  test('openchaos: one lost, one twice, one of which nobody knows', async () => {
    const record = await both('openchaos', 'openchaos-history');
    expect(record.counts).toMatchObject({ acked: 4, lost: 1, unknown: 2, recovered: 1, undelivered: 1 });
    expect(of(record, 'duplicate-undecided')).toBe(1);
    expect(record.verdict.value).toBe('fail');
  });

  test('jepsen: a log test with a loss and an unanswered send, and one that was not polled to its end', async () => {
    const record = await both('jepsen', 'jepsen-log.edn');
    expect(record.counts).toMatchObject({ acked: 5, lost: 1, unknown: 1, recovered: 1, rejected: 1 });
    expect(record.findings.find((each) => each.class === 'lost')?.examples[0]).toMatchObject({ message: '5/3' });
    const short = await both('jepsen', 'jepsen-short.edn');
    expect(short.verdict.value).toBe('inconclusive');
    expect(short.verdict.reasons.join()).toContain('no poll reached offset 2 of key 5, which was acknowledged');
  });
});
