/** A run that loses messages to a power cut, its story, and whether the broker's own files say the same. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entryKind, readEntry } from '../../src/broker/store/log/entry.ts';
import { readBatchHeader } from '../../src/broker/wire/record-batch.ts';
import { Workspace } from '../support/tool.ts';

let workspace: Workspace;
let run: string;

beforeAll(async () => {
  workspace = new Workspace();
  run = join(workspace.folder, 'run');
  const { code, stdout, stderr } = await workspace.run(['run', 'sync-flush-off', '--seed', '11', '--out', run]);
  expect(code, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/\n {2}why {5}mqchaos explain \S+ p\d\.1:\d+\n/);
});
afterAll(() => workspace[Symbol.dispose]());

const told = async (...args: string[]) => {
  const { code, stdout, stderr } = await workspace.run(['explain', ...args]);
  return { code, stdout, stderr };
};

/** The last offset of a partition in the entries of the broker's log that end at or before a position. */
function lastOffset(partition: number, end: number): number {
  const folder = join(run, 'nodes', 'b1', 'commit-log');
  const log = Buffer.concat(
    readdirSync(folder)
      .sort()
      .map((name) => readFileSync(join(folder, name))),
  );
  const { topics } = JSON.parse(readFileSync(join(run, 'nodes', 'b1', 'routes.json'), 'utf8'));
  const { id } = topics.find(({ name }: { name: string }) => !name.endsWith('-probe'));
  let last = -1;
  for (let at = 0; at < end; ) {
    const entry = readEntry(log, at, at);
    if (typeof entry === 'string' || at + entry.sizeBytes > end) break;
    if (entry.kind === entryKind.batch && entry.topicId === id && entry.partition === partition) {
      const { baseOffset, count } = readBatchHeader(entry.body);
      last = baseOffset + count - 1;
    }
    at += entry.sizeBytes;
  }
  return last;
}

describe('a message that was lost to a power cut', () => {
  test('the mechanism, with the numbers of the broker', async () => {
    const lines = readFileSync(join(run, 'findings.ndjson'), 'utf8').trim().split('\n');
    const lost = lines.map((line) => JSON.parse(line)).filter(({ class: name }) => name === 'lost');
    const record = JSON.parse(readFileSync(join(run, 'record.json'), 'utf8'));
    expect(lost.length).toBeGreaterThan(0);
    const { message, partition, position, fault } = lost[0];
    const { code, stdout } = await told(run, message, '--json');
    expect(code).toBe(0);
    const story = JSON.parse(stdout);
    expect(story).toMatchObject({ version: 1, message, outcome: 'acked', damaged: [] });
    expect(story.findings).toEqual(lines.map((line) => JSON.parse(line)).filter((line) => line.message === message));

    const cut = record.faults.find(({ id }: { id: string }) => id === story.loss.fault);
    const { cutPower } = cut.evidence.find((each: object) => 'cutPower' in each);
    const { start } = cut.evidence.find((each: object) => 'start' in each);
    const [file] = cutPower.cut.filter(({ file: name }: { file: string }) => name.startsWith('commit-log/'));
    expect(file.file).toBe('commit-log/0000000000000000.log');
    const kept = start.recovery.cut?.position ?? file.keptBytes;
    expect(story.loss).toEqual({
      ...{ fault: cut.id, node: 'b1', cutAtNs: cut.triggeredAt, droppedBytes: file.droppedBytes, replicas: [] },
      ...{ flushedTo: lastOffset(partition, Math.min(kept, file.syncedBytes)), keptTo: lastOffset(partition, kept) },
      files: ['b1/commit-log'],
    });
    expect(story.loss.keptTo).toBeLessThan(position);
    expect(cut.triggeredAt).toBeGreaterThan(0);
    expect(fault).toBe(cut.id);
    expect(story.conclusion).toMatchObject({ certainty: 'proved' });
    expect(story.conclusion.sentence).toContain(`acked at position ${position} of partition ${partition}`);
    expect(story.conclusion.sentence).toContain(`flushed the partition up to position ${story.loss.flushedTo}`);
    expect(story.conclusion.by).toContain('nodes/b1/commit-log');
    expect(story.places[0]).toMatchObject({ partition, position, holds: expect.stringMatching(/^(another|nothing)$/) });
    expect(story.absences.join('\n')).toMatch(/no receipt by group g1.*\nthe independent reader read all 8 partitions/);
  });

  test('the same without an index, which is left there for the next time', async () => {
    const [first] = readFileSync(join(run, 'findings.ndjson'), 'utf8').split('\n');
    const before = await told(run, first ?? '');
    const indexes = readdirSync(join(run, 'journal')).filter((name) => name.endsWith('.index'));
    expect(indexes).toHaveLength(
      readdirSync(join(run, 'journal')).filter((name) => name.endsWith('.journal')).length - 1,
    );
    for (const name of indexes) rmSync(join(run, 'journal', name));
    expect(await told(run, first ?? '')).toEqual(before);
    expect(existsSync(join(run, 'journal', 'p1.1.journal.index'))).toBe(true);
  });

  test('a line of the broker as it came back is in the story of a message of that time', async () => {
    const record = JSON.parse(readFileSync(join(run, 'record.json'), 'utf8'));
    const { stdout } = await told(run, record.findings[0].examples[0].message, '--json');
    const { logs } = JSON.parse(stdout);
    for (const { node, file, text } of logs) {
      expect(readFileSync(join(run, 'nodes', node, file), 'utf8')).toContain(text);
    }
    expect(logs.map(({ text }: { text: string }) => text).join('\n')).toMatch(/leading set 1|registered with/);
  });

  test('a plan that cannot be read takes away what the files of the nodes tell, and is told', async () => {
    const plan = join(run, 'plan.json');
    const whole = readFileSync(plan);
    const record = JSON.parse(readFileSync(join(run, 'record.json'), 'utf8'));
    writeFileSync(plan, '{');
    const { code, stdout } = await told(run, record.findings[0].examples[0].message);
    writeFileSync(plan, whole);
    expect(code).toBe(0);
    expect(stdout).toContain('plan.json, so that the files of the nodes tell nothing');
    expect(stdout).not.toContain('had flushed');
  });

  test('without a message: the worst of each class, each with the command for all of it', async () => {
    const { code, stdout } = await told(run);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^lost {2}p\d\.1#\d+\n {2}Lost with a power cut: /);
    expect(stdout).toMatch(/all of it {2}mqchaos explain \S+ p\d\.1:\d+/);
    const { stories } = JSON.parse((await told(run, '--json')).stdout);
    expect(stories[0].findings[0].class).toBe('lost');
  });
});

describe('refuses', () => {
  test.each([
    { args: ['nowhere', 'p1:1'], code: 2, says: 'there is no run nowhere' },
    { args: ['.', 'p1:1'], code: 2, says: 'is not a run of mqchaos' },
    { args: ['run', 'p1:99999999'], code: 2, says: 'there is no message p1.1#99999999' },
    { args: ['run', 'q7:1'], code: 2, says: 'there is no message q7:1' },
    { args: ['run', 'what?'], code: 2, says: 'names no message' },
  ])('$args', async ({ args, code, says }) => {
    const result = await told(...args);
    expect(result.stderr).toContain(says);
    expect(result.stderr).toContain('hint');
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' });
  });

  test("somebody else's records", async () => {
    const sent = join(workspace.folder, 'sent.ndjson');
    writeFileSync(sent, '{"id":"a","outcome":"acked"}\n');
    const received = join(workspace.folder, 'received.ndjson');
    writeFileSync(received, '{"id":"a"}\n');
    await workspace.run(['audit', '--sent', sent, '--received', received, '--out', 'foreign']);
    const { code, stderr } = await told('foreign', 'a:1');
    expect(code).toBe(2);
    expect(stderr).toContain("somebody else's records, of which no journals are kept");
    expect(stderr).toContain('findings.ndjson');
  });
});
