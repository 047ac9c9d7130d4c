/**
 * `mqchaos link --protocol kafka` before a real Kafka, with the clients that name topics by id (Java) and those that do not
 * (librdkafka): orders come from another terminal, each deed is counted, and what the broker has shows it.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answersAt } from '../../../../src/cluster/answers.ts';
import { freePorts } from '../../../../src/cluster/ports.ts';
import { markedProcesses } from '../../../../src/cluster/undo/undo.ts';
import type { WireReport } from '../../../../src/link/wire/rule.ts';
import { driver } from '../../../../src/products/kafka/driver.ts';
import { accessTo, channelOf } from '../../../support/access.ts';
import { kafkaHome, missingKafka, type RealKafka, startKafka } from '../../../support/kafka.ts';
import { type StartedTool, Workspace } from '../../../support/tool.ts';

const missing = missingKafka() ?? (spawnSync('kcat', ['-V']).error === undefined ? undefined : 'kcat is not installed');

describe.skipIf(missing !== undefined)(
  `a link before a real Kafka${missing === undefined ? '' : `: ${missing}`}`,
  () => {
    let workspace: Workspace;
    let broker: RealKafka;
    let link: StartedTool;
    let ready: { readonly listen: string; readonly folder: string };

    beforeAll(async () => {
      workspace = new Workspace();
      const [port = 0, advertised = 0] = await freePorts(2);
      broker = await startKafka({ linked: { port, advertised } });
      await using admin = await driver.admin(accessTo([broker.bootstrap]));
      for (const topic of ['orders', 'others']) await admin.declare(channelOf(topic, 1), AbortSignal.timeout(60_000));
      link = workspace.start([
        'link',
        `127.0.0.1:${port}`,
        '--listen',
        `${advertised}`,
        '--protocol',
        'kafka',
        '--json',
      ]);
      const line = await new Promise<string>((resolve, reject) => {
        link.process.stdout?.once('data', (data) => resolve(String(data)));
        void link.end.then(({ stderr }) => reject(new Error(stderr)));
      });
      ready = JSON.parse(line);
    });

    afterAll(async () => {
      link?.process.kill('SIGKILL');
      await broker?.[Symbol.asyncDispose]();
      workspace?.[Symbol.dispose]();
    });

    const order = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await workspace.run(['link', ...args, '--folder', ready.folder]);
      expect(code, stderr).toBe(0);
      return stdout;
    };

    /** What the fault in force has done, which is healed by that. */
    const healed = async (): Promise<WireReport> => {
      const { healed: all } = JSON.parse(await order('heal', '--json'));
      return all[0].evidence[0].wire.report;
    };

    test('Java: the answers to sends of one topic are lost as often as asked, and all is stored', async () => {
      await order('fault', 'lost-answer', 'api=produce', 'topic=orders', 'times=3');
      const sent = await Promise.all(['orders', 'others'].map((topic) => javaProducer(ready.listen, topic, 30)));
      const report = await healed();
      expect(report).toMatchObject({ done: 3, unread: 0, by: { 'orders/0': 3 } });
      expect(report.log.every(({ version, topic }) => Number(version) >= 13 && topic === 'orders')).toBe(true);
      expect(sent.map(({ failed }) => failed)).toEqual([recordsOf(report), 0]);
      expect((await stored('orders')).sort()).toEqual(numbers(30));
      expect(await stored('others')).toHaveLength(30);
    });

    test('Java: fetches of a session are about its topic, though they do not name it', async () => {
      const reader = java('VerifiableConsumer', ready.listen, ['--topic', 'orders', '--group-id', 'readers']);
      try {
        await reader.said('"name":"records_consumed"');
        // nothing is sent meanwhile: these name no partition at all
        const slow = ['api=fetch', 'topic=orders', 'delay=1ms', 'times=3', '--for', '30s'];
        expect(await order('fault', 'delayed-answer', ...slow)).toContain('did it 3 times');
        await order('fault', 'error-answer', 'api=fetch', 'topic=orders', 'times=1');
        await javaProducer(ready.listen, 'orders', 5);
        await reader.said('"offset":34', '"maxOffset":34');
        const report = await healed();
        expect(report).toMatchObject({ done: 1, unread: 0, by: { 'orders/0': 1 } });
        expect(Number(report.log[0]?.version)).toBeGreaterThanOrEqual(13);
      } finally {
        await reader.end();
      }
    });

    test('Java: an error, and records twice', async () => {
      await order('fault', 'error-answer', 'topic=orders', 'error=NOT_LEADER_OR_FOLLOWER', 'times=1');
      const { failed } = await javaProducer(ready.listen, 'orders', 5);
      const refused = await healed();
      expect(refused).toMatchObject({ done: 1, by: { 'orders/0': 1 } });
      expect(failed).toBe(recordsOf(refused));
      const before = (await stored('orders')).length;
      await order('fault', 'doubled-records', 'topic=orders', 'times=1');
      expect((await javaProducer(ready.listen, 'orders', 5)).failed).toBe(0);
      const doubled = await healed();
      expect(doubled).toMatchObject({ done: 1 });
      expect(await stored('orders')).toHaveLength(before + 5 + recordsOf(doubled));
    });

    test('librdkafka: what it sends again is stored again', async () => {
      const before = (await stored('others')).length;
      await order('fault', 'lost-answer', 'topic=others', 'times=1');
      await kcat(['-b', ready.listen, '-P', '-E', '-t', 'others'], 'once');
      expect(await healed()).toMatchObject({ done: 1, by: { 'others/0': 1 } });
      expect((await stored('others')).slice(before)).toEqual(['once', 'once']);
    });

    test('it ends with Ctrl-C, and leaves nothing', async () => {
      link.process.kill('SIGINT');
      expect((await link.end).code).toBe(0);
      expect([existsSync(ready.folder), markedProcesses(ready.folder), await answersAt(ready.listen)]).toEqual([
        ...[false, [], false],
      ]);
    });

    /** In the order of the broker's log. */
    async function stored(topic: string): Promise<string[]> {
      const text = await kcat(['-b', broker.bootstrap, '-C', '-t', topic, '-o', 'beginning', '-e', '-q']);
      return text.trimEnd().split('\n');
    }
  },
);

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index)).sort();
}

/** Of the requests that a rule has taken: even without batching Java may send two small ones together. */
function recordsOf({ log }: WireReport): number {
  return log.reduce((sum, { records }) => sum + Number(records), 0);
}

/** Sends one request at a time, each record once: the tool has no retries. */
async function javaProducer(bootstrap: string, topic: string, messages: number) {
  using workspace = new Workspace();
  const settings = join(workspace.folder, 'producer.properties');
  writeFileSync(settings, 'batch.size=0\nmax.in.flight.requests.per.connection=1\n');
  const args = ['--topic', topic, '--max-messages', String(messages), '--command-config', settings];
  const producer = java('VerifiableProducer', bootstrap, args);
  const lines = (await producer.ended).split('\n');
  const failed = lines.filter((line) => line.includes('"producer_send_error"')).length;
  const acked = lines.filter((line) => line.includes('"producer_send_success"')).length;
  expect(failed + acked).toBe(messages);
  return { failed, acked };
}

/** One of the tools that come with Kafka, which tell what they do as JSON lines. */
function java(tool: string, bootstrap: string, args: readonly string[]) {
  const flags = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(kafkaHome, 'libs', '*')];
  const child: ChildProcess = spawn(
    'java',
    [...flags, `org.apache.kafka.tools.${tool}`, '--bootstrap-server', bootstrap, ...args],
    { stdio: ['ignore', 'pipe', 'ignore'], timeout: 100_000 },
  );
  let text = '';
  child.stdout?.on('data', (data) => {
    text += String(data);
  });
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(text)));
  return {
    ended,
    /** Resolves when it has said one of these. */
    said: (...texts: string[]) =>
      expect.poll(() => texts.some((one) => text.includes(one)), { timeout: 60_000, interval: 50 }).toBe(true),
    end: async () => {
      child.kill();
      await ended;
    },
  };
}

async function kcat(args: readonly string[], input = ''): Promise<string> {
  const running = promisify(execFile)('kcat', [...args], { timeout: 60_000 });
  running.child.stdin?.end(input);
  return (await running).stdout;
}
