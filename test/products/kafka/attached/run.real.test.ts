import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../../src/audit/audit.ts';
import { readJournalHeader } from '../../../../src/journal/reader.ts';
import { decodeEnvelope, runTag } from '../../../../src/products/envelope.ts';
import { loadDriver } from '../../../../src/products/registry.ts';
import type { RunRecord } from '../../../../src/report/record.ts';
import { accessTo, channelOf } from '../../../support/access.ts';
import { missingKafka, type RealKafka, startKafka, until } from '../../../support/kafka.ts';
import { Workspace } from '../../../support/tool.ts';

const missing = missingKafka();

/** A profile that runs a bundled one against a Kafka that is already there. */
function attached(base: string, kafka: RealKafka, more: string): string {
  return `version: 1
extends: ${base}
name: attached
question: Does it hold on a real Kafka?
cluster:
  broker: kafka
  attach: ["${kafka.bootstrap}"]
  control:
    - id: k1
      address: "${kafka.bootstrap}"
      pidFile: ${kafka.pidFile}
      start: ${JSON.stringify(kafka.commands.start)}
${more}`;
}

describe.skipIf(missing !== undefined)(`a real Kafka${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let kafka: RealKafka;
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka[Symbol.asyncDispose]());

  const topics = async (): Promise<string[]> => {
    const { Kafka, logLevel } = (await import('kafkajs')).default;
    const admin = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const names = await admin.listTopics();
    const { groups } = await admin.listGroups();
    await admin.disconnect();
    return [...names, ...groups.map(({ groupId }) => groupId)].filter((name) => name.startsWith('mqchaos-'));
  };

  it('is killed and started again under the workload of quick, and loses nothing', async () => {
    using workspace = new Workspace();
    const faults = 'faults:\n  - { at: 40%, do: kill, target: k1, for: 1s }\n';
    // a JVM that starts on a busy machine takes its time: the retries must outlast it
    const patience = 'producers: { timeout: 10s, retries: 60, retryDelay: 1s }\n';
    const more = `${patience}${faults}expect: { lost: 0, rolled-back: 0, skipped: 0, recovery: <90s, acked: ">=95%" }\nlimit: 5m\n`;
    writeFileSync(join(workspace.folder, 'p.yaml'), attached('quick', kafka, more));
    const { code, stdout, stderr } = await workspace.run(['run', 'p.yaml', '--seed', '7', '--json', '--out', 'run']);
    expect(code, stderr).toBe(0);
    const { counts, faults: done, verdict } = JSON.parse(stdout) as RunRecord;
    expect(verdict.value).toBe('pass');
    const times = { injected: expect.any(Number), healed: expect.any(Number) };
    expect(done[0]).toMatchObject({ do: 'kill', target: ['k1'], ...times });
    expect(counts.attempted).toBe(20_000);
    expect([counts.lost, counts.skipped, counts.phantom, counts.contradicted]).toEqual([0, 0, 0, 0]);
    expect(await topics()).toEqual([]);
  });

  it('shows what kafkajs loses and doubles: exactly what a plain read of the topic shows', async () => {
    using workspace = new Workspace();
    const faults = 'faults:\n  - { every: 4s, times: 3, do: pause, target: k1, for: 2500ms }\n';
    writeFileSync(join(workspace.folder, 'p.yaml'), attached('kafkajs-idempotent-concurrent', kafka, faults));
    const tool = workspace.start(['run', 'p.yaml', '--seed', '7', '--json', '--out', 'run']);
    // the topic goes with the run, so it is read plainly while the tool reads it for itself
    await tool.said('reading the log');
    const plain = await plainRead(join(workspace.folder, 'run'), kafka.bootstrap);
    const { code, stdout, stderr } = await tool.end;
    expect(code, stderr).toBe(0);
    const { counts } = JSON.parse(stdout) as RunRecord;
    const findings = readFindings(join(workspace.folder, 'run', 'findings.ndjson'));
    const doubled = [...plain].filter(([, positions]) => positions > 1).map(([message]) => message);
    expect(messagesOf(findings, 'duplicate-stored')).toEqual(doubled.sort());
    const lost = messagesOf(findings, 'lost');
    expect(lost.filter((message) => plain.has(message))).toEqual([]);
    expect(counts.lost).toBe(lost.length);
    expect(counts.lost).toBeGreaterThan(0);
    expect(counts.duplicateStored).toBeGreaterThan(0);
  });

  it('is started again, and rid of what is ours, after kill -9 of the tool in the middle of a fault', async () => {
    using workspace = new Workspace();
    const faults = 'faults:\n  - { at: 20%, do: kill, target: k1, for: 1h }\nlimit: 2h\n';
    writeFileSync(join(workspace.folder, 'p.yaml'), attached('quick', kafka, faults));
    const tool = workspace.start(['run', 'p.yaml', '--seed', '7', '--out', 'run']);
    await tool.said('f1 kill k1 injected');
    tool.process.kill('SIGKILL');
    await tool.end;
    // the reaper runs the profile's start command; topics wait for doctor clean
    await until('the broker is back', 60_000, async () => (await topics().catch(() => [])).length > 0);
    const clean = await workspace.run(['doctor', 'clean', 'run']);
    expect(clean.code, clean.stdout + clean.stderr).toBe(0);
    expect(await topics()).toEqual([]);
  });
});

/** How often each message stands in the run's topic. */
async function plainRead(run: string, bootstrap: string): Promise<Map<string, number>> {
  const { topic, run: id } = readJournalHeader(join(run, 'journal', 'runner.journal'));
  const driver = await loadDriver('kafka');
  const found = new Map<string, number>();
  const access = accessTo([bootstrap]);
  await driver.read?.(
    access,
    { channel: channelOf(topic), group: `${topic}-plain`, signal: AbortSignal.timeout(60_000) },
    ({ value }) => {
      const envelope = decodeEnvelope(value, runTag(id));
      if (envelope === undefined) return;
      // one producer that is never killed: incarnation 0 is p1.1
      const message = `p${envelope.producer + 1}.1#${envelope.seq}`;
      found.set(message, (found.get(message) ?? 0) + 1);
    },
  );
  return found;
}

function readFindings(file: string): Finding[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Finding);
}

function messagesOf(findings: readonly Finding[], name: Finding['class']): string[] {
  return [...new Set(findings.filter((finding) => finding.class === name).map(({ message }) => message ?? '?'))].sort();
}
